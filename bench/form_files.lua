-- The form as a browser sends it: a token and words of its own, two files, from an address of its own (our proxy says so).
-- wrk ... -s form_files.lua URL -- ACCOUNT FILE_BYTES
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(args)
  account = args[1]
  count = 0
  created = 0
  other = 0
  run = string.format("%08x", os.time()) .. string.format("%012x", tonumber(tostring({}):match("0x(%x+)"), 16) % 2^48)
  boundary = "----bench" .. run
  -- Bytes that do not repeat within a file; what makes each file another one stands in front of them.
  math.randomseed(os.time() + #tostring({}))
  local block = {}
  for i = 1, 4096 do block[i] = string.char(math.random(0, 255)) end
  filling = string.rep(table.concat(block), math.ceil(tonumber(args[2]) / 4096)):sub(1, tonumber(args[2]) - 32)
  words = "小区门口的路灯已经坏了两个多星期，晚上回家看不清路，请安排人员检修。"
end

local function field(name, value)
  return "--" .. boundary .. '\r\nContent-Disposition: form-data; name="' .. name .. '"\r\n\r\n' .. value .. "\r\n"
end

local function file(name, no)
  return "--" .. boundary .. '\r\nContent-Disposition: form-data; name="files"; filename="' .. name ..
    '"\r\nContent-Type: image/jpeg\r\n\r\n' .. string.format("%s%02d%010d", run, no, count % 10^10) .. filling .. "\r\n"
end

function request()
  count = count + 1
  local body = table.concat({
    field("token", string.format("%s%012x", run, count)), field("account", account), field("subject", "路灯不亮"),
    field("text", words .. "编号" .. run .. "x" .. count .. "。"), field("name", "张三"),
    field("phone", string.format("1380000%04d", count % 10000)), file("路灯.jpg", 1), file("路面.jpg", 2),
    "--" .. boundary .. "--\r\n",
  })
  return wrk.format("POST", nil, {
    ["Content-Type"] = "multipart/form-data; boundary=" .. boundary,
    ["X-Forwarded-For"] = string.format("198.18.%d.%d", math.floor(count / 250) % 250, count % 250 + 1),
  }, body)
end

function response(status)
  if status == 201 then created = created + 1 else other = other + 1 end
end

function done(summary, latency)
  local made, rest = 0, 0
  for _, thread in ipairs(threads) do
    made = made + thread:get("created")
    rest = rest + thread:get("other")
  end
  rest = rest + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("created=%d\nother=%d\nseconds=%.3f\np50_ms=%.2f\np99_ms=%.2f\n",
    made, rest, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
