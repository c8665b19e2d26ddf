-- One new text message a request, as Aliyun pushes it: an array of one, unlike any before.
-- wrk ... -s sms.lua URL
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init()
  count, accepted, other = 0, 0, 0
  run = string.format("%d%s", os.time(), tostring({}):match("0x(%x+)"))
end

function request()
  count = count + 1
  local body = string.format(
    '[{"phone_number":"1380000%04d","content":"小区门口的路灯已经坏了两个多星期,请安排人员检修。编号%sx%d。",' ..
    '"send_time":"2026-11-22 19:20:01","dest_code":"10690012345","sequence_id":"%s%d%09d","sign_name":"示例市"}]',
    count % 10000, run, count, run, id, count)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end

function response(status, _, body)
  if status == 200 and body:find('"code":0', 1, true) then accepted = accepted + 1 else other = other + 1 end
end

function done(summary, latency)
  local made, rest = 0, 0
  for _, thread in ipairs(threads) do
    made = made + thread:get("accepted")
    rest = rest + thread:get("other")
  end
  rest = rest + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("accepted=%d\nother=%d\nseconds=%.3f\np50_ms=%.2f\np99_ms=%.2f\n",
    made, rest, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
