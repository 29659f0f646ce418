-- What wrk sends, and what it reports at the end: one line of JSON. Arguments, after `--`:
--   head=browser   the head of a typical browser request (about 500 bytes) instead of the shortest one
--   close          one connection per request
--   body=N         POST with a body of N bytes
--   varied         another cookie in each request, so that none has the head of the one before
-- Without `varied` there is no `request` function: wrk builds the request once, and the script costs nothing while it runs.

local browser = {
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  ["Accept-Language"] = "en-US,en;q=0.5",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Referer"] = "https://www.example.com/catalogue/shoes?page=2",
  ["Cookie"] = "session=6f1f0c2e9b7a4d53; theme=light; consent=1; _ga=GA1.2.1234567890.1700000000",
  ["Upgrade-Insecure-Requests"] = "1",
  ["Priority"] = "u=0, i",
}

-- More than any number of connections, so that no connection gets the same request twice in a row.
local VARIANTS = 997

-- Has wrk take requests that are built beforehand, one after the other.
local function vary()
  local requests, last = {}, 0
  for variant = 1, VARIANTS do
    wrk.headers["Cookie"] = string.format("session=6f1f0c2e9b7a%04d; theme=light; consent=1", variant)
    requests[variant] = wrk.format()
  end
  request = function()
    last = last % VARIANTS + 1
    return requests[last]
  end
end

function init(args)
  local isVaried = false
  for _, argument in ipairs(args) do
    local name, value = argument:match("^(%w+)=?(.*)$")
    if name == "head" and value == "browser" then
      for key, text in pairs(browser) do wrk.headers[key] = text end
    elseif name == "close" then
      wrk.headers["Connection"] = "close"
    elseif name == "varied" then
      isVaried = true
    elseif name == "body" then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "application/octet-stream"
      wrk.body = string.rep("x", tonumber(value))
    end
  end
  if isVaried then vary() end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
