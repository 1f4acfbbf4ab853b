-- The whole store of one node. Portable SQL (SQLite >= 3.35, PostgreSQL >= 14) except the PRAGMAs, which connection.py sets.
-- Instants: text, UTC, fixed width 'YYYY-MM-DDTHH:MM:SS.ffffffZ' (sorts as it reads). Dates: 'YYYY-MM-DD'. Amounts: integer ten-thousandths.
-- "No value" is '' for text and NULL for dates, instants and amounts. Ids are made by us.

create table meta (                       -- schema_version, generation, live ('yes'/'no'), paused ('yes'/'no'), outbox marks
  key text primary key,
  value text not null
);

-- ---------------------------------------------------------------- intake
create table batch (
  id text primary key,
  seq integer not null,                   -- order of acceptance decisions, made by the writer
  source text not null,
  file text not null,                     -- the name it arrived under
  stored_as text not null,
  digest text not null,                   -- sha256 of the bytes
  mode text not null,                     -- snapshot | delta
  as_of text not null,
  as_of_from text not null,               -- option | file | name | arrival: a file's own as-of weighs more
  status text not null,                   -- staging | accepted | held | rejected | duplicate | stale | replaced
  reason text,
  received_at text not null,
  decided_at text,
  fresh_as_of text,                       -- accepted snapshots: as_of, moved on by duplicates
  row_count integer not null default 0,
  accepted_count integer not null default 0,
  opened integer not null default 0,
  changed integer not null default 0,
  unchanged integer not null default 0,
  cleared integer not null default 0,
  reopened integer not null default 0,
  open_amount text not null default '{}', -- {"EUR": "50210.55"}
  detail text not null default '{}'       -- what a held batch would change, for people
);
create index batch_by_source on batch (source, status, seq);
create index batch_by_digest on batch (source, digest);

create table staged_item (                -- rows of a batch being read, each compared with the ledger; emptied after the commit that decides
  batch_id text not null,
  line integer not null,                  -- 0: not in the file (verdicts missing, doubtful)
  company text not null,
  debtor_no text not null,
  item_no text not null,
  verdict text not null,                  -- core/exports/change_set.Verdict
  digest text not null,                   -- of the row's content: equal = unchanged
  was integer not null,                   -- what was open before
  fall integer not null,                  -- so much less is owed than before (credits: signed)
  open_amount integer not null,
  currency text not null,
  due_on text,                            -- from here on NULL where the ledger has it already
  amount integer,
  invoiced_on text,
  kind text,
  payment_method text,
  discount_until text,
  dunning_level integer,
  last_dunned_on text,
  dunning_deadline text,
  dunning_block_until text,
  dispute integer
);
create index staged_by_batch on staged_item (batch_id, company, debtor_no, item_no);
create index staged_by_verdict on staged_item (batch_id, verdict);

create table staged_debtor (              -- what a batch says about a debtor, each different saying once; chosen = 1: what the commit takes over
  batch_id text not null,
  company text not null,
  debtor_no text not null,
  digest text not null,
  line integer not null,
  chosen integer not null default 0,
  debtor_name text not null,
  person_type text not null,
  contact_person text not null,
  email text not null,
  language text not null,
  country text not null,
  region text not null,
  postcode text not null,
  time_zone text not null,
  potential_class text not null,
  agent text not null,
  head_office text not null,
  credit_limit integer,
  legal_state text not null,
  phone text not null,
  phone2 text not null,
  primary key (batch_id, company, debtor_no, digest)
);
create index staged_debtor_chosen on staged_debtor (batch_id, chosen);

create table staged_number (
  batch_id text not null,
  company text not null,
  debtor_no text not null,
  position integer not null,
  raw text not null,
  e164 text not null,
  kind text not null,
  zones text not null,
  problem text not null,
  primary key (batch_id, company, debtor_no, position)
);

create table row_reject (                 -- a bad row makes its debtor uncallable until a newer batch of the source is accepted
  batch_id text not null,
  source text not null,
  line integer not null,
  column_name text not null,
  value text not null,
  reason text not null,
  original text not null,
  company text not null default '',
  debtor_no text not null default '',
  item_no text not null default '',
  debtor_name text not null default ''
);
create index row_reject_by_debtor on row_reject (company, debtor_no);
create index row_reject_by_batch on row_reject (batch_id, company, debtor_no, item_no);

-- ---------------------------------------------------------------- ledger
create table debtor (
  company text not null,
  debtor_no text not null,
  debtor_name text not null,
  person_type text not null default '',
  contact_person text not null default '',
  email text not null default '',
  language text not null default '',
  country text not null default '',
  region text not null default '',
  postcode text not null default '',
  time_zone text not null default '',
  potential_class text not null default '',
  agent text not null default '',
  head_office text not null default '',
  credit_limit integer,
  legal_state text not null default '',
  source text not null,
  batch_id text not null,
  digest text not null default '',
  primary key (company, debtor_no)
);

create table debtor_number (
  company text not null,
  debtor_no text not null,
  position integer not null,
  raw text not null,
  e164 text not null default '',          -- '' = not dialable, problem says why
  kind text not null default '',
  zones text not null default '',         -- comma-separated IANA zones
  problem text not null default '',
  primary key (company, debtor_no, position)
);
create index debtor_number_by_e164 on debtor_number (e164);

create table item (
  company text not null,
  debtor_no text not null,
  item_no text not null,
  source text not null,
  state text not null,                    -- open | cleared
  due_on text not null,
  open_amount integer not null,
  currency text not null,
  amount integer,
  invoiced_on text,
  kind text not null,
  payment_method text not null,
  discount_until text,
  dunning_level integer,
  last_dunned_on text,
  dunning_deadline text,
  dunning_block_until text,
  dispute integer not null,
  contact_level integer not null default 0,
  contacted_on text,
  opened_as_of text not null,
  changed_as_of text not null,
  cleared_as_of text,
  batch_id text not null,
  digest text not null,
  doubtful integer not null default 0,    -- 1: its clearing was suppressed because a bad row could not be identified
  primary key (company, debtor_no, item_no)
);
create index item_by_source on item (source, state, company, debtor_no, item_no);

create table clearing (                   -- every fall of an open amount: what promises are judged by; sums are what counts
  company text not null,
  debtor_no text not null,
  item_no text not null,
  batch_id text not null,
  as_of text not null,
  amount integer not null,                -- > 0: so much less is owed; < 0: a credit was used up (the item it paid for fell as well)
  currency text not null
);
create index clearing_by_debtor on clearing (company, debtor_no, as_of);

-- ---------------------------------------------------------------- what humans learnt
create table fact (
  id text primary key,
  at text not null,                       -- when it became known
  company text not null,
  debtor_no text not null,
  kind text not null,                     -- do_not_call | number_blocked | number_wrong | legal_state | wish | not_on | ask_first | dispute | override | contact_person
  value text not null default '',         -- number, state, wish text, item, rule …
  reason text not null default '',
  actor text not null default '',
  attempt_id text not null default '',
  until_on text,                          -- last day it holds, NULL = until revoked
  revoked_at text
);
create index fact_by_debtor on fact (company, debtor_no, kind);
create index fact_by_value on fact (kind, value);

create table contact (                    -- contacts not made by an attempt of ours: imported history, made elsewhere, inbound
  digest text primary key,                -- of the whole row: identical rows count once
  at text not null,
  company text not null,
  debtor_no text not null,
  medium text not null,                   -- call | email | sms | letter
  items text not null default '',         -- '|'-separated
  number text not null default '',
  direction text not null,                -- outbound | inbound
  result text not null default '',
  conversation_about text not null default '',
  consent_until text,
  consent_on text,
  third_party integer not null default 0,
  disposition text not null default '',
  note text not null default ''
);
create index contact_by_debtor on contact (company, debtor_no, at);
create index contact_by_number on contact (number, at);

-- ---------------------------------------------------------------- work
create table task (
  id text primary key,
  company text not null,
  debtor_no text not null,
  medium text not null,
  ladder text not null,
  level integer not null,
  items text not null,                    -- '|'-separated
  open_amount text not null,              -- JSON {"EUR": "410.00"}
  not_before text not null,
  expires_at text,
  state text not null,
  why text not null,
  agent text not null default '',
  priority integer not null default 0,
  origin text not null default 'ladder',  -- ladder | callback | promise | manual
  oldest_due_on text,
  attempts_made integer not null default 0,
  skill text not null default '',         -- only agents with this skill
  worth integer not null default 0,       -- sort key: the largest sum in one currency, ten-thousandths
  waits text not null default '',         -- why it was postponed, one sentence
  created_at text not null,
  changed_at text not null,
  closed_at text,
  close_reason text not null default '',
  made_by text not null default '',       -- the attempt whose talk made this task (callback)
  lease_agent text not null default '',
  lease_until text
);
create index task_by_state on task (state, not_before);
create index task_ready on task (state, medium, agent, priority desc, worth desc, not_before, id);  -- the dialler's look-ahead
create index task_by_debtor on task (company, debtor_no, state);
create unique index one_live_ladder_task on task (company, debtor_no)
  where origin = 'ladder' and state in ('planned', 'ready', 'leased', 'in_call');

create table attempt (
  id text primary key,                    -- ChannelId on the PBX is 'coll-' || id
  task_id text not null,
  company text not null,
  debtor_no text not null,
  number text not null,
  agent text not null,
  endpoint text not null,
  pbx text not null,
  trunk text not null,
  mode text not null,                     -- preview | auto
  items text not null,                    -- '|'-separated, what the call is about
  about text not null default '{}',       -- JSON of what the agent is told: name, amount, days, try, promise
  state text not null,                    -- DESIGN 5
  placed_at text not null,
  deadline_at text not null,              -- by then the state has left, or recovery asks the PBX
  pbx_started text not null,              -- the PBX's start-up token at the moment of placing
  agent_answered_at text,
  dialled_at text,
  debtor_answered_at text,
  ended_at text,
  closed_at text,
  agent_result text not null default '',
  result text not null default '',
  hangup_cause integer,
  tech text not null default '',
  rang_ms integer,
  talk_ms integer,
  disposition text not null default '',
  said text not null default '',          -- what exactly was keyed: tells a duplicate from a correction
  note text not null default '',
  ring_backs integer not null default 0,
  why text not null default '',           -- how it ended, one sentence
  acknowledged integer not null default 0 -- the PBX's journal row is forgotten
);
create unique index one_live_attempt_per_debtor on attempt (company, debtor_no)
  where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown');
create unique index one_live_attempt_per_number on attempt (number)
  where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown');
create unique index one_live_attempt_per_agent on attempt (agent)
  where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up');
create index attempt_by_state on attempt (state);
create index attempt_by_trunk on attempt (trunk, placed_at);  -- pacing
create index attempt_by_debtor on attempt (company, debtor_no, placed_at);
create index attempt_by_number on attempt (number, placed_at);

create table promise (
  id text primary key,
  company text not null,
  debtor_no text not null,
  amount integer not null,
  currency text not null,
  promised_on text not null,
  grace_until text not null,              -- last day on which a clearing keeps it
  made_at text not null,
  state text not null,                    -- open | kept | partially_kept | broken | withdrawn
  level integer not null default 0,       -- how many before it in a row were not kept
  items text not null,
  attempt_id text not null default '',
  agent text not null default '',
  judged_at text,
  paid integer not null default 0
);
create index promise_by_debtor on promise (company, debtor_no, state);

create table outcome (                    -- what accounting is told; one row per outcome and item
  outcome_id text not null,
  item_no text not null,
  at text not null,
  company text not null,
  debtor_no text not null,
  disposition text not null,
  promise_amount integer,
  currency text not null default '',
  promise_on text,
  dunning_block_until text,
  dispute_reason text not null default '',
  note text not null default '',
  agent text not null default '',
  attempt_id text not null default '',
  exported_in text not null default '',   -- name of the outbox file, '' = not yet
  primary key (outcome_id, item_no)
);
create index outcome_unexported on outcome (exported_in, at);

create table agent (
  id text primary key,
  logged_in integer not null,
  paused integer not null default 0,
  pause_reason text not null default '',
  since text not null,
  endpoint text not null default '',      -- '' = as configured
  missed integer not null default 0,      -- calls in a row that the phone did not take
  rest_until text,                        -- after a missed ring
  asked_at text                           -- pull mode: asked for the next case
);

create table caller_id_test (             -- "each caller ID had a test call" before live
  caller_id text primary key,
  at text not null,
  note text not null default ''
);

create table happening (                  -- audit: what was done to whom by whom, one sentence each
  id text primary key,
  at text not null,
  kind text not null,
  company text not null default '',
  debtor_no text not null default '',
  actor text not null default '',
  sentence text not null
);
create index happening_by_debtor on happening (company, debtor_no, at);
