"""The scripts of client calls. Each checks the fence, mints and marks in one atomic step (docs/client-protocol.md).

Guarded ones answer MessagePack {outcome, epoch, seq, deadline}: `written`, or `exists`, `missing`, `changed` with what
is there; `fenced` comes with the fence and the mirrored record instead. A write answers with the seq alone when
nothing else is news to the caller. Deadline: ms, -1 never, -2 nothing there.

A version's epoch is the greatest of the caller's, the bucket's newest and the session's own, so that versions of one
bucket only grow while clients of two epochs write (R8), and after a tombstone was forgotten.
"""

from migrations_app.stores.routed.redis.keys import GRACE_MS, INEXACT_MS
from migrations_app.stores.routed.redis.wire import Script

KINDS = ("string", "hash")

# Metadata by position (sessions.redis.meta), from 1: 6 ttl, 8 and 9 the version, 10 dead, 11 checksum, 12 deadline.
COMMON = f"""
local call = redis.call
local GRACE = {GRACE_MS}
local function clock()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function deadline_of(key, noted)
  -- An older server has no PEXPIRETIME, and a user may be forbidden it: what is noted beside is more exact then.
  local at = redis.pcall('PEXPIRETIME', key)
  if type(at) == 'number' then return at end
  local left = call('PTTL', key)
  if left < 0 then return left end
  at = clock() + left
  return noted and math.abs(at - noted) <= {INEXACT_MS} and noted or at
end
local function keep_until(key, deadline)
  if deadline < 0 then call('PERSIST', key) else call('PEXPIREAT', key, deadline) end
end
local function put_meta(key, blob, deadline)
  if deadline < 0 then call('SET', key, blob) else call('SET', key, blob, 'PXAT', deadline + GRACE) end
end
local function bury(key, epoch, seq)
  call('SET', key, cmsgpack.pack({{0, 0, '', -1, -1, -1, '', epoch, seq, 1, '', -1}}))
end
local function mint(epoch_key, seq_key, known, epoch, held)
  local seq, last = call('INCR', seq_key), known and tonumber(known) or 0
  if last > epoch then epoch = last end
  if held and held[8] >= epoch then
    epoch = held[8]
    if held[9] >= seq then
      seq = held[9] + 1
      call('SET', seq_key, seq)
    end
  end
  if epoch > last then call('SET', epoch_key, epoch) end
  return epoch, seq
end
"""

PUT = {
    "string": """
local function put(key, content, deadline)
  if deadline < 0 then call('SET', key, content) else call('SET', key, content, 'PXAT', deadline) end
end
""",
    "hash": """
local function put(key, content, deadline)
  if type(content) == 'string' then content = cmsgpack.unpack(content) end
  call('DEL', key)
  for i = 1, #content, 1000 do call('HSET', key, unpack(content, i, math.min(i + 999, #content))) end
  if deadline >= 0 then call('PEXPIREAT', key, deadline) end
end
""",
}

# What a touch notes of a content that no guarded write has described: the client's SHA-256 is not to be had here.
DIGEST = {
    "string": """
local function digest(key) return '~' .. string.sub(redis.sha1hex(call('GET', key)), 1, 16) end
""",
    "hash": """
local function digest(key)
  local flat, names, fields = call('HGETALL', key), {}, {}
  for i = 1, #flat, 2 do
    names[#names + 1] = flat[i]
    fields[flat[i]] = flat[i + 1]
  end
  local sums = {}
  for i, name in ipairs(names) do
    sums[i] = redis.sha1hex(#name .. ':' .. name .. fields[name])
  end
  table.sort(sums)
  return '~' .. string.sub(redis.sha1hex(table.concat(sums)), 1, 16)
end
""",
}

# KEYS: gate, epoch, seq, journal, dead, route, session, meta. ARGV: epoch, journaled (1 or 0), id, ...
GUARDED = """
local beside = call('MGET', KEYS[1], KEYS[2], KEYS[8])
local epoch, gate = tonumber(ARGV[1]), beside[1] and tonumber(beside[1])
if not gate or gate > epoch then
  return cmsgpack.pack({'fenced', gate or 0, call('GET', KEYS[6])})
end
local held = beside[3] and cmsgpack.unpack(beside[3])
"""

# ARGV: ..., any | absent | present, expected epoch or '', expected seq, lifetime or '', deadline or -1, content,
# first seven parts of the metadata as they are packed, checksum
_WRITE = """
if ARGV[4] ~= 'any' or ARGV[5] ~= '' then
  local at, version = deadline_of(KEYS[7], held and held[12]), held or {0, 0, '', -1, -1, -1, '', 0, 0}
  local outcome
  if at == -2 then
    outcome = (ARGV[4] == 'present' or ARGV[5] ~= '') and 'missing'
    version = {0, 0, '', -1, -1, -1, '', 0, 0}
  elseif ARGV[4] == 'absent' then
    outcome = 'exists'
  elseif ARGV[5] ~= '' then
    outcome = (version[8] ~= tonumber(ARGV[5]) or version[9] ~= tonumber(ARGV[6])) and 'changed'
  end
  if outcome then return cmsgpack.pack({outcome, version[8], version[9], at}) end
end
local now = clock()
local deadline = ARGV[7] == '' and tonumber(ARGV[8]) or now + tonumber(ARGV[7])
local minted, seq = mint(KEYS[2], KEYS[3], beside[2], epoch, held)
put(KEYS[7], ARGV[9], deadline)
put_meta(KEYS[8], ARGV[10] .. cmsgpack.pack(minted, seq, 0, ARGV[11], deadline), deadline)
if ARGV[2] == '1' then call('ZADD', KEYS[4], 'NX', now, ARGV[3]) end
if held and held[10] == 1 then call('ZREM', KEYS[5], ARGV[3]) end
if minted == epoch and ARGV[7] == '' then return seq end
return cmsgpack.pack({'written', minted, seq, deadline})
"""

# ARGV: ..., lifetime or '', hash field of the length or '', ms of its unit
_TOUCH = """
local deadline = deadline_of(KEYS[7], held and held[12])
if deadline == -2 then return cmsgpack.pack({'missing', 0, 0, -2}) end
local now, length = clock(), tonumber(ARGV[4])
if not length and ARGV[5] ~= '' then
  local given = tonumber(call('HGET', KEYS[7], ARGV[5]) or '')
  length = given and math.floor(given * tonumber(ARGV[6]) + 0.5)
elseif not length and held and held[6] >= 0 then
  length = held[6]
end
local minted, seq = mint(KEYS[2], KEYS[3], beside[2], epoch, held)
local meta = held or {0, 0, '', -1, -1, -1, '', 0, 0, 0, '', -1}
if meta[10] == 1 or (meta[8] == 0 and meta[9] == 0) then meta[11] = digest(KEYS[7]) end
if meta[10] == 1 then call('ZREM', KEYS[5], ARGV[3]) end
if length then
  deadline = now + length
  keep_until(KEYS[7], deadline)
end
meta[8], meta[9], meta[10], meta[12] = minted, seq, 0, deadline
put_meta(KEYS[8], cmsgpack.pack(meta), deadline)
if ARGV[2] == '1' then call('ZADD', KEYS[4], 'NX', now, ARGV[3]) end
return cmsgpack.pack({'written', minted, seq, deadline})
"""

# -> deadline: whether a live session was there, 1 or 0
_DELETE = """
local now = clock()
local minted, seq = mint(KEYS[2], KEYS[3], beside[2], epoch, held)
local gone = call('UNLINK', KEYS[7])
bury(KEYS[8], minted, seq)
call('ZADD', KEYS[5], now, ARGV[3])
if ARGV[2] == '1' then call('ZADD', KEYS[4], 'NX', now, ARGV[3]) end
return cmsgpack.pack({'written', minted, seq, gone})
"""

# ARGV: ..., prefix of the sessions -> at most 100 tombstones of the bucket go that are older than GRACE. For a caller
# whose guard is not journaled: nobody carries sessions anywhere then. Versions go on growing without them (`mint`).
_SWEEP = """
local gone = 0
for _, id in ipairs(call('ZRANGEBYSCORE', KEYS[5], '-inf', clock() - GRACE, 'LIMIT', 0, 100)) do
  local meta = 'snakeweb:meta:{' .. ARGV[4] .. id .. '}'
  local blob = call('GET', meta)
  if blob and cmsgpack.unpack(blob)[10] == 1 then gone = gone + call('UNLINK', meta) end
  call('ZREM', KEYS[5], id)
end
return cmsgpack.pack({'written', epoch, gone})
"""

# For a client that cannot read JSON. KEYS: gate, route. ARGV: bucket -> {fence}, and with a mirrored record its phase
# there, its epoch there, the name of the store that has the authority
WAY = Script(
    """
local fence, blob = tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('GET', KEYS[2])
local document = blob and cmsgpack.unpack(blob)[2] or ''
if document == '' then return cmsgpack.pack({fence}) end
local record, bucket = cjson.decode(document), tonumber(ARGV[1])
for _, part in ipairs(record.buckets) do
  if part.from <= bucket and bucket <= part.to then
    return cmsgpack.pack({fence, part.phase, part.epoch, record.stores[part.authority] or part.authority})
  end
end
return cmsgpack.pack({fence})
""",
    2,
    1,
)

# Plain calls. They keep what a route has written beside the session; what else lies there goes with what it described.
# KEYS: session, meta, marker. ARGV: any | absent | present, lifetime or '', deadline or -1, content, first seven parts
# of the metadata as they are packed, 1 if they are worth noting or '' -> {outcome, deadline}
_PLAIN_WRITE = """
if ARGV[1] ~= 'any' then
  local at = deadline_of(KEYS[1])
  if at == -2 and ARGV[1] == 'present' then return cmsgpack.pack({'missing', at}) end
  if at ~= -2 and ARGV[1] == 'absent' then return cmsgpack.pack({'exists', at}) end
end
local deadline = ARGV[2] == '' and tonumber(ARGV[3]) or clock() + tonumber(ARGV[2])
put(KEYS[1], ARGV[4], deadline)
local blob = call('GET', KEYS[2])
local held = blob and cmsgpack.unpack(blob)
if held and (held[8] ~= 0 or held[9] ~= 0) then
  call('SET', KEYS[2], ARGV[5] .. cmsgpack.pack(held[8], held[9], held[10], held[11], held[12]), 'KEEPTTL')
elseif ARGV[6] ~= '' then
  call('SET', KEYS[2], ARGV[5] .. cmsgpack.pack(0, 0, 0, '', -1))
  keep_until(KEYS[2], deadline)
  call('SET', KEYS[3], '1')
elseif blob then
  call('UNLINK', KEYS[2])
end
return cmsgpack.pack({'written', deadline})
"""

# KEYS: session, meta. ARGV: lifetime or '', hash field of the length or '', ms of its unit -> deadline
PLAIN_TOUCH = Script(
    COMMON
    + """
local deadline = deadline_of(KEYS[1])
if deadline == -2 then return -2 end
local blob, length = call('GET', KEYS[2]), tonumber(ARGV[1])
local held = blob and cmsgpack.unpack(blob)
if not length and ARGV[2] ~= '' then
  local given = tonumber(call('HGET', KEYS[1], ARGV[2]) or '')
  length = given and math.floor(given * tonumber(ARGV[3]) + 0.5)
elseif not length and held and held[6] >= 0 then
  length = held[6]
end
if length then
  deadline = clock() + length
  call('PEXPIREAT', KEYS[1], deadline)
  if held and held[8] == 0 and held[9] == 0 then keep_until(KEYS[2], deadline) end
end
return deadline
""",
    2,
    3,
)

# KEYS: session, meta -> number of sessions that were there
PLAIN_DELETE = Script(
    """
local blob = redis.call('GET', KEYS[2])
local held = blob and cmsgpack.unpack(blob)
if held and held[8] == 0 and held[9] == 0 then redis.call('UNLINK', KEYS[2]) end
return redis.call('UNLINK', KEYS[1])
""",
    2,
    0,
)

WRITE = {kind: Script(COMMON + PUT[kind] + GUARDED + _WRITE, 8, 11) for kind in KINDS}
TOUCH = {kind: Script(COMMON + DIGEST[kind] + GUARDED + _TOUCH, 8, 6) for kind in KINDS}
DELETE = Script(COMMON + GUARDED + _DELETE, 8, 3)
SWEEP = Script(COMMON + GUARDED + _SWEEP, 8, 4)
PLAIN_WRITE = {kind: Script(COMMON + PUT[kind] + _PLAIN_WRITE, 3, 6) for kind in KINDS}
