"""The store scripts, and the names of the keys that Snakeweb keeps beside the sessions.

`snakeweb:meta:{<prefix><id>}` holds the version and what the layout has no room for (`meta`); it expires with its
session. `snakeweb:versioned:<prefix>` exists once any such key was written: readers look for metadata only then.
`snakeweb:fence:<scope>` holds a worker's fencing token, `snakeweb:fences` the set of scopes.
Everything travels as MessagePack, which both sides encode in C.
"""

FENCES = "snakeweb:fences"
OWN_KEYS = b"snakeweb:"


def marker_key(prefix: str) -> str:
    return f"snakeweb:versioned:{prefix}"


def route_key(prefix: str) -> str:
    """Where a route that the store is under keeps its record (`routed.redis.keys`)."""
    return f"snakeweb:route:{prefix}"


def fence_key(scope: str) -> str:
    return f"snakeweb:fence:{scope}"


# Reads the keys of `names` into {values, deadlines, metas}. Deadline: -1 never, -2 gone.
# Without a marker metadata is looked for all the same.
READ_KEYS = """
local call = redis.call
local function deadline(name, now)
  local left = call('PTTL', name)
  return left >= 0 and now + left or left
end
local function read(names, layout, marker)
  local values, deadlines, metas = {}, {}, {}
  if #names == 0 then return values, deadlines, metas end
  local time = call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  -- An older server has no PEXPIRETIME, and a user may be forbidden it.
  local absolute = type(redis.pcall('PEXPIRETIME', names[1])) == 'number'
  if layout == 'string' then values = redis.call('MGET', unpack(names)) end
  for i, name in ipairs(names) do
    if layout == 'hash' then
      local fields = redis.pcall('HGETALL', name)
      values[i] = (not fields.err and #fields > 0) and fields or false
    end
    deadlines[i] = absolute and call('PEXPIRETIME', name) or deadline(name, now)
  end
  if not marker or redis.call('EXISTS', marker) == 1 then
    for i, name in ipairs(names) do metas[i] = 'snakeweb:meta:{' .. name .. '}' end
    metas = redis.call('MGET', unpack(metas))
  end
  return values, deadlines, metas
end
"""

# ARGV: packed {names}, layout, marker -> packed {values, deadlines, metas}
READ = READ_KEYS + "local v, d, m = read(cmsgpack.unpack(ARGV[1]), ARGV[2], ARGV[3]) return cmsgpack.pack({v, d, m})"

# ARGV: cursor, pattern, count, most to read, layout, marker -> packed {cursor, names, values, deadlines, metas}
# Names beyond `most to read` come without values. Scans on while little was found, so that a sparse prefix does not
# cost a round trip for each thousand strange keys.
SCAN = (
    READ_KEYS
    + """
local cursor, names, rounds = ARGV[1], {}, 0
repeat
  local reply = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', ARGV[3])
  cursor = reply[1]
  for _, name in ipairs(reply[2]) do
    if string.sub(name, 1, 9) ~= 'snakeweb:' then names[#names + 1] = name end
  end
  rounds = rounds + 1
until cursor == '0' or rounds >= 10 or #names * 2 >= tonumber(ARGV[3])
local wanted = {}
for i = 1, math.min(#names, tonumber(ARGV[4])) do wanted[i] = names[i] end
local v, d, m = read(wanted, ARGV[5], ARGV[6])
return cmsgpack.pack({cursor, names, v, d, m})
"""
)

# ARGV: packed {names} -> packed {1 or 0, ...}
EXIST = """
local there = {}
for i, name in ipairs(cmsgpack.unpack(ARGV[1])) do there[i] = redis.call('EXISTS', name) end
return cmsgpack.pack(there)
"""

# ARGV: cursor, pattern, count, type -> {cursor, number of keys}
COUNT = """
local reply = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3], 'TYPE', ARGV[4])
local found = 0
for _, name in ipairs(reply[2]) do
  if string.sub(name, 1, 9) ~= 'snakeweb:' then found = found + 1 end
end
return {reply[1], found}
"""

# KEYS: fence. ARGV: token.
FENCE = """
local known = redis.call('GET', KEYS[1])
if not known or tonumber(known) > tonumber(ARGV[1]) then
  return redis.error_reply('SNAKEWEBSTALE ' .. (known or ''))
end
"""

# KEYS: fence, set of scopes. ARGV: token, scope.
RAISE = """
local known = redis.call('GET', KEYS[1])
if known and tonumber(known) > tonumber(ARGV[1]) then return redis.error_reply('SNAKEWEBSTALE ' .. known) end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], ARGV[2])
return 1
"""

# KEYS: fence, marker. ARGV: token, packed records, layout -> number written.
# record: {key, meta key, value or {field, value, ...}, deadline or -1, epoch, seq, packed metadata or ''}
APPLY = (
    FENCE
    + """
-- Redis looks at its memory limit only at a script's first write: let that be one that a full server refuses.
redis.call('SET', KEYS[1], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
local function put(key, fields)
  for i = 1, #fields, 1000 do redis.call('HSET', key, unpack(fields, i, math.min(i + 999, #fields))) end
end
local function keep_until(key, deadline)
  if deadline < 0 then redis.call('PERSIST', key) else redis.call('PEXPIREAT', key, whole(deadline)) end
end
local written, described = 0, false
for _, record in ipairs(cmsgpack.unpack(ARGV[2])) do
  local key, meta, deadline, epoch, seq = record[1], record[2], record[4], record[5], record[6]
  if deadline < 0 or deadline > now then
    local replaces = (epoch == 0 and seq == 0) or redis.call('EXISTS', key) == 0
    local equal = false
    if not replaces then
      local beside = redis.call('GET', meta)
      local held = beside and cmsgpack.unpack(beside) or {0, 0}
      local held_epoch, held_seq = held[1], held[2]
      replaces = epoch > held_epoch or (epoch == held_epoch and seq > held_seq)
      equal = epoch == held_epoch and seq == held_seq
    end
    if replaces then
      redis.call('DEL', key, meta)
      if ARGV[3] == 'hash' then
        put(key, record[3])
        keep_until(key, deadline)
      elseif deadline < 0 then
        redis.call('SET', key, record[3])
      else
        redis.call('SET', key, record[3], 'PXAT', whole(deadline))
      end
      if record[7] ~= '' then
        redis.call('SET', meta, record[7])
        keep_until(meta, deadline)
        described = true
      end
      written = written + 1
    elseif equal then
      local left = redis.call('PTTL', key)
      if left >= 0 and (deadline < 0 or deadline > now + left) then
        keep_until(key, deadline)
        keep_until(meta, deadline)
      end
    end
  end
end
if described then redis.call('SET', KEYS[2], '1') end
return written
"""
)

# KEYS: fence. ARGV: token, packed {key, meta key, ...} -> number of sessions that were there.
DELETE = (
    FENCE
    + """
local names, gone = cmsgpack.unpack(ARGV[2]), 0
for i = 1, #names, 2 do
  gone = gone + redis.call('UNLINK', names[i])
  redis.call('UNLINK', names[i + 1])
end
return gone
"""
)

# KEYS: set of scopes. ARGV: prefix of scopes -> number of fences forgotten.
CLEAR = """
local gone = 0
for _, scope in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if string.sub(scope, 1, #ARGV[1]) == ARGV[1] then
    gone = gone + redis.call('DEL', 'snakeweb:fence:' .. scope)
    redis.call('SREM', KEYS[1], scope)
  end
end
return gone
"""
