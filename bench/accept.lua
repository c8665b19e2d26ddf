-- One new letter a request: its own Idempotency-Key, its own phone, padded to the wished size.
-- wrk ... -s accept.lua URL -- ACCOUNT BYTES
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(args)
  account = args[1]
  size = tonumber(args[2])
  count = 0
  created = 0
  other = 0
  -- Keys of another run must not meet ours.
  run = string.format("%d-%s", os.time(), tostring({}):match("0x(%x+)"))
  words = "小区门口的路灯已经坏了两个多星期，晚上回家看不清路，请安排人员检修。"
end

function request()
  count = count + 1
  local text = words .. "编号" .. run .. "x" .. count .. "。"
  local head = string.format(
    '{"account":"%s","name":"张三","phone":"1380000%04d","subject":"路灯不亮 %d","text":"%s',
    account, count % 10000, count, text)
  local body = head .. string.rep("a", math.max(0, size - #head - 2)) .. '"}'
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = string.format("wrk-%s-%d-%012d", run, id, count),
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
