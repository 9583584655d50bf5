"""The scripts of the control plane's workers. Each that writes compares the worker's token first.

Keys of buckets are made from what they begin with (`keys.RouteKeys.start`), as one call spans many buckets.
"""

from migrations_app.stores.routed.redis.client_scripts import COMMON, KINDS, PUT
from migrations_app.stores.routed.redis.wire import Script
from migrations_app.stores.sessions.redis.scripts import FENCE, READ_KEYS

LARGEST_LIMIT = 10_000  # names in one call: a script holds up the whole server while it runs

# A script's first write is the one that a full server refuses, so let it be this one.
_WRITER = FENCE + "redis.call('SET', KEYS[1], ARGV[1])\n"

# ARGV: packed {names}, layout -> packed {values, deadlines, metas, now, deadlines are exact}
FETCH = Script(
    READ_KEYS
    + """
local names = cmsgpack.unpack(ARGV[1])
local values, deadlines, metas = read(names, ARGV[2], nil)
local time = redis.call('TIME')
local exact = type(redis.pcall('PEXPIRETIME', names[1])) == 'number'
return cmsgpack.pack({values, deadlines, metas, time[1] * 1000 + math.floor(time[2] / 1000), exact})
""",
    0,
    2,
)

# KEYS: worker's fence. ARGV: token, packed entries, starts of the keys: seq, dead, epoch -> {written, raised}
# entry: {key, meta key, id, bucket, content, deadline, epoch, seq, dead, first seven parts of the metadata as they are
# packed, checksum}. An unversioned session gets its checksum too: so it is not taken for one that legacy code wrote.
_ADOPT = """
local written, raised, now, newest_of = 0, 0, clock(), {}
local function later(deadline, than) return than >= 0 and (deadline < 0 or deadline > than) end
for _, entry in ipairs(cmsgpack.unpack(ARGV[2])) do
  local key, meta, deadline, epoch, seq = entry[1], entry[2], entry[6], entry[7], entry[8]
  local blob = call('GET', meta)
  local held = blob and cmsgpack.unpack(blob)
  local held_epoch, held_seq = held and held[8] or 0, held and held[9] or 0
  local was_dead = held and held[10] == 1
  local newer = epoch > held_epoch or (epoch == held_epoch and seq > held_seq)
  if entry[9] == 1 then
    if newer then
      call('UNLINK', key)
      bury(meta, epoch, seq)
      call('ZADD', ARGV[4] .. entry[4], now, entry[3])
      written = written + 1
    end
  elseif deadline < 0 or deadline > now then
    local at = deadline_of(key, held and held[12])
    if epoch == 0 and seq == 0 and held_epoch == 0 and held_seq == 0 and at == -2 then
      put(key, entry[5], deadline)
      call('SET', meta, entry[10] .. cmsgpack.pack(0, 0, 0, entry[11], deadline))
      keep_until(meta, deadline)
      written = written + 1
    elseif newer then
      put(key, entry[5], deadline)
      put_meta(meta, entry[10] .. cmsgpack.pack(epoch, seq, 0, entry[11], deadline), deadline)
      if was_dead then call('ZREM', ARGV[4] .. entry[4], entry[3]) end
      written = written + 1
    elseif epoch == held_epoch and seq == held_seq and not was_dead and at ~= -2 and later(deadline, at) then
      keep_until(key, deadline)
      if held then
        held[12] = deadline
        put_meta(meta, cmsgpack.pack(held), deadline)
      end
      raised = raised + 1
    end
  end
  if newer then
    local top = newest_of[entry[4]]
    if not top or epoch > top[1] or (epoch == top[1] and seq > top[2]) then newest_of[entry[4]] = {epoch, seq} end
  end
end
for bucket, top in pairs(newest_of) do
  local keys = {ARGV[5] .. bucket, ARGV[3] .. bucket}
  local known = call('MGET', keys[1], keys[2])
  for i = 1, 2 do if top[i] > tonumber(known[i] or '0') then call('SET', keys[i], top[i]) end end
end
return {written, raised}
"""
ADOPT = {kind: Script(COMMON + PUT[kind] + _WRITER + _ADOPT, 1, 5) for kind in KINDS}

_SAME = {
    "string": "local function same(key, seen) return call('GET', key) == seen end\n",
    "hash": """
local function same(key, seen)
  local found, fields = call('HGETALL', key), {}
  if #found ~= #seen then return false end
  for i = 1, #found, 2 do fields[found[i]] = found[i + 1] end
  for i = 1, #seen, 2 do if fields[seen[i]] ~= seen[i + 1] then return false end end
  return true
end
""",
}

# KEYS: worker's fence, count of legacy writes. ARGV: token, packed entries, starts of the keys: seq, gate, dead,
# journal, epoch; 1 to count -> packed {{epoch, seq} or false, ...}
# entry: {key, meta key, id, bucket, epoch or -1 for the gate's, metadata seen or '', content seen or false, checksum}
# Whatever changed since it was seen is left alone. Content becomes a new version of itself, nothing a tombstone.
_VERSION = """
local now, minted, count = clock(), {}, 0
for i, entry in ipairs(cmsgpack.unpack(ARGV[2])) do
  local key, meta, content = entry[1], entry[2], entry[7]
  local blob = call('GET', meta) or ''
  local held = blob ~= '' and cmsgpack.unpack(blob)
  local at = deadline_of(key, held and held[12])
  minted[i] = false
  if blob == entry[6] and (content and at ~= -2 and same(key, content) or not content and at == -2) then
    local epoch_key = ARGV[7] .. entry[4]
    local epoch = entry[5] >= 0 and entry[5] or tonumber(call('GET', ARGV[4] .. entry[4]) or '0')
    local version, seq = mint(epoch_key, ARGV[3] .. entry[4], call('GET', epoch_key), epoch, held)
    if content then
      local fresh = held or {0, 0, '', -1, -1, -1, '', 0, 0, 0, '', -1}
      fresh[8], fresh[9], fresh[10], fresh[11], fresh[12] = version, seq, 0, entry[8], at
      put_meta(meta, cmsgpack.pack(fresh), at)
      call('ZREM', ARGV[5] .. entry[4], entry[3])
    else
      bury(meta, version, seq)
      call('ZADD', ARGV[5] .. entry[4], now, entry[3])
    end
    call('ZADD', ARGV[6] .. entry[4], 'NX', now, entry[3])
    minted[i], count = {version, seq}, count + 1
  end
end
if ARGV[8] == '1' and count > 0 then call('INCRBY', KEYS[2], count) end
return cmsgpack.pack(minted)
"""
VERSION = {kind: Script(COMMON + _SAME[kind] + _WRITER + _VERSION, 2, 8) for kind in KINDS}

_VERSION_OF = """
local function version_of(id)
  local blob = redis.call('GET', 'snakeweb:meta:{' .. prefix .. id .. '}')
  if not blob then return 0, 0, 0 end
  local held = cmsgpack.unpack(blob)
  return held[8], held[9], held[10]
end
"""

# ARGV: packed {buckets}, limit, journal keys' start, sessions' prefix -> packed {{bucket, id, since, epoch, seq}, ...}
# Each bucket gives its oldest, as many as its share is; then what is left of the limit goes to who has more.
MARKS = Script(
    "local prefix = ARGV[4]\n"
    + _VERSION_OF
    + """
local limit, depths, used, found = tonumber(ARGV[2]), {}, 0, {}
for _, bucket in ipairs(cmsgpack.unpack(ARGV[1])) do
  local depth = redis.call('ZCARD', ARGV[3] .. bucket)
  if depth > 0 then
    depths[#depths + 1] = {bucket, depth}
    used = used + 1
  end
end
local function take(bucket, first, last)
  local range = redis.call('ZRANGE', ARGV[3] .. bucket, first, last, 'WITHSCORES')
  for i = 1, #range, 2 do
    local epoch, seq = version_of(range[i])
    found[#found + 1] = {bucket, range[i], tonumber(range[i + 1]), epoch, seq}
  end
end
local share = math.max(1, math.ceil(limit / math.max(1, used)))
for _, each in ipairs(depths) do take(each[1], 0, share - 1) end
for _, each in ipairs(depths) do
  local left = limit - #found
  if left > 0 and each[2] > share then take(each[1], share, share + left - 1) end
end
return cmsgpack.pack(found)
""",
    0,
    4,
)

# ARGV: packed {{bucket, id}, ...}, journal keys' start -> packed {1 or 0, ...}
MARKED = Script(
    """
local marked = {}
for i, each in ipairs(cmsgpack.unpack(ARGV[1])) do
  marked[i] = redis.call('ZSCORE', ARGV[2] .. each[1], each[2]) and 1 or 0
end
return cmsgpack.pack(marked)
""",
    0,
    2,
)

# ARGV: packed {buckets}, journal keys' start -> {depth, age of the oldest in ms}
JOURNAL = Script(
    COMMON
    + """
local depth, oldest = 0, nil
for _, bucket in ipairs(cmsgpack.unpack(ARGV[1])) do
  local first = call('ZRANGE', ARGV[2] .. bucket, 0, 0, 'WITHSCORES')
  if #first > 0 then
    depth = depth + call('ZCARD', ARGV[2] .. bucket)
    oldest = math.min(oldest or tonumber(first[2]), tonumber(first[2]))
  end
end
return {depth, oldest and math.max(0, clock() - oldest) or 0}
""",
    0,
    2,
)

# KEYS: worker's fence. ARGV: token, packed {{bucket, id, epoch, seq}, ...}, journal keys' start, sessions' prefix
# -> number acknowledged. A session that has expired together with its metadata has nothing left to be carried.
ACKNOWLEDGE = Script(
    FENCE
    + "local prefix = ARGV[4]\n"
    + _VERSION_OF
    + """
local gone = 0
for _, mark in ipairs(cmsgpack.unpack(ARGV[2])) do
  local epoch, seq = version_of(mark[2])
  if (epoch == mark[3] and seq == mark[4])
     or (epoch == 0 and seq == 0 and redis.call('EXISTS', prefix .. mark[2]) == 0) then
    gone = gone + redis.call('ZREM', ARGV[3] .. mark[1], mark[2])
  end
end
return gone
""",
    1,
    4,
)

# ARGV: bucket, least score, most, dead keys' start, sessions' prefix -> packed {{bucket, id, since, epoch, seq}, ...}
# In the order of bucket, age, id. An entry whose tombstone something without a guard removed has no version.
TOMBSTONES = Script(
    "local prefix = ARGV[5]\n"
    + _VERSION_OF
    + """
local least, found = ARGV[2], {}
for bucket = tonumber(ARGV[1]), 255 do
  local most = tonumber(ARGV[3]) - #found
  if most <= 0 then break end
  local range = redis.call('ZRANGEBYSCORE', ARGV[4] .. bucket, least, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #range, 2 do
    local epoch, seq, dead = version_of(range[i])
    if dead == 0 then epoch, seq = 0, 0 end
    found[#found + 1] = {bucket, range[i], tonumber(range[i + 1]), epoch, seq}
  end
  least = '-inf'
end
return cmsgpack.pack(found)
""",
    0,
    5,
)

# KEYS: worker's fence. ARGV: token, packed {{bucket, id, epoch, seq}, ...}, dead keys' start, sessions' prefix, journal
# keys' start -> number forgotten. An entry without its tombstone (something without a guard removed it) goes uncounted.
FORGET = Script(
    FENCE
    + "local prefix = ARGV[4]\n"
    + _VERSION_OF
    + """
local gone = 0
for _, each in ipairs(cmsgpack.unpack(ARGV[2])) do
  local epoch, seq, dead = version_of(each[2])
  local marked = redis.call('ZSCORE', ARGV[5] .. each[1], each[2])
  if dead == 1 and epoch == each[3] and seq == each[4] and not marked then
    redis.call('UNLINK', 'snakeweb:meta:{' .. prefix .. each[2] .. '}')
    gone = gone + redis.call('ZREM', ARGV[3] .. each[1], each[2])
  elseif dead == 0 and each[3] == 0 and each[4] == 0 then
    redis.call('ZREM', ARGV[3] .. each[1], each[2])
  end
end
return gone
""",
    1,
    5,
)

_RAISE = """
local function raise(buckets, epoch)
  for _, bucket in ipairs(buckets) do
    local known = redis.call('GET', gates .. bucket)
    if not known or tonumber(known) < tonumber(epoch) then redis.call('SET', gates .. bucket, epoch) end
  end
end
local function mirror(key, epoch, document, name)
  local blob = redis.call('GET', key)
  local known = blob and cmsgpack.unpack(blob)
  if known and known[1] >= tonumber(epoch) then epoch, document = known[1], known[2] end
  redis.call('SET', key, cmsgpack.pack({tonumber(epoch), document, name or (known and known[3] or '')}))
end
"""

# KEYS: worker's fence, route, marker, count of legacy writes.
# ARGV: token, packed {buckets}, epoch of the fences, gate keys' start, epoch of the record, record, route's name
JOIN = Script(
    _WRITER
    + "local gates = ARGV[4]\n"
    + _RAISE
    + """
raise(cmsgpack.unpack(ARGV[2]), ARGV[3])
mirror(KEYS[2], ARGV[5], ARGV[6], ARGV[7])
redis.call('SET', KEYS[3], '1')
redis.call('SETNX', KEYS[4], '0')
return 1
""",
    4,
    7,
)

# KEYS: worker's fence. ARGV: token, packed {buckets}, epoch, gate keys' start
RAISE = Script(
    _WRITER + "local gates = ARGV[4]\n" + _RAISE + "raise(cmsgpack.unpack(ARGV[2]), ARGV[3])\nreturn 1\n", 1, 4
)

# KEYS: worker's fence, route. ARGV: token, epoch, record
MIRROR = Script(_WRITER + "local gates\n" + _RAISE + "mirror(KEYS[2], ARGV[2], ARGV[3])\nreturn 1\n", 2, 3)

# KEYS: worker's fence. ARGV: token, packed {names}
REMOVE = Script(
    FENCE + "for _, name in ipairs(cmsgpack.unpack(ARGV[2])) do redis.call('UNLINK', name) end\nreturn 1\n", 1, 2
)

# KEYS: worker's fence. ARGV: token, packed {session, meta, ...} -> number of metadata that stay, for what else they say
CLEAR = Script(
    COMMON
    + FENCE
    + """
local names, stay = cmsgpack.unpack(ARGV[2]), 0
local function says_nothing(meta)
  return meta[1] == 0 and meta[2] == 0 and meta[3] == '' and meta[4] < 0 and meta[5] < 0 and meta[6] < 0
         and meta[7] == ''
end
for i = 1, #names, 2 do
  local key, name = names[i], names[i + 1]
  local blob = call('GET', name)
  if blob then
    local meta, at = cmsgpack.unpack(blob), deadline_of(key)
    if at == -2 or says_nothing(meta) then
      call('UNLINK', name)
    else
      stay = stay + 1
      if meta[8] ~= 0 or meta[9] ~= 0 then
        meta[8], meta[9], meta[10], meta[11], meta[12] = 0, 0, 0, '', -1
        call('SET', name, cmsgpack.pack(meta))
        keep_until(name, at)
      end
    end
  end
end
return stay
""",
    1,
    2,
)
