-- The whole store of one node. Portable SQL (SQLite >= 3.35, PostgreSQL >= 14) except the PRAGMAs, which connection.py sets, and `without rowid`.
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
  booked_until text,                      -- payments are booked up to this day; NULL = up to as_of
  size integer not null default 0,        -- bytes
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
  debtor_name text not null default '',
  settled_by text not null default ''     -- master data: a newer batch in which this debtor's rows were good
);
create index row_reject_by_debtor on row_reject (company, debtor_no);
create index row_reject_by_batch on row_reject (batch_id, company, debtor_no, item_no);

-- ---------------------------------------------------------------- ledger
-- Versions: a row of the four tables below is there from batch number `since` on, and until batch number `until` takes it away. The views under
-- the plain names show the visible ones. An import writes coming versions in short transactions, unseen; then one tiny transaction moves
-- visible.number on. What we add to an item ourselves (contact_level) goes to every version with until > visible.number.
create table visible (                    -- one row
  number integer primary key,             -- of the newest batch that everybody sees
  coming text not null default ''         -- id of the batch whose versions are being written, as number + 1; '' = none
);
insert into visible (number) values (0);

create table debtor_version (                -- what open-item exports said; people and rules read the view debtor
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
  since integer not null default 0,       -- number of the batch that made this version
  until integer not null default 2147483647,  -- number of the batch that ended it
  primary key (company, debtor_no, since)
) without rowid;
create index debtor_branch on debtor_version (company, head_office) where head_office <> '';
create index debtor_ended on debtor_version (until) where until < 2147483647;
create view exported_debtor as
select company, debtor_no, debtor_name, person_type, contact_person, email, language, country, region, postcode, time_zone,
       potential_class, agent, head_office, credit_limit, legal_state, source, batch_id, digest
  from debtor_version where since <= (select number from visible) and until > (select number from visible);

create table number_version (                -- the same for numbers; everybody reads the view debtor_number
  company text not null,
  debtor_no text not null,
  position integer not null,
  raw text not null,
  e164 text not null default '',          -- '' = not dialable, problem says why
  kind text not null default '',
  zones text not null default '',         -- comma-separated IANA zones
  problem text not null default '',
  since integer not null default 0,       -- number of the batch that made this version
  until integer not null default 2147483647,  -- number of the batch that ended it
  primary key (company, debtor_no, position, since)
) without rowid;
create index number_by_e164 on number_version (e164);
create index number_ended on number_version (until) where until < 2147483647;
create view exported_number as
select company, debtor_no, position, raw, e164, kind, zones, problem
  from number_version where since <= (select number from visible) and until > (select number from visible);

create table item_version (
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
  contact_rungs text not null default '', -- the steps that contact_level counts: rungs.id; '' = written before names were remembered
  contacted_on text,
  opened_as_of text not null,
  changed_as_of text not null,
  cleared_as_of text,
  batch_id text not null,
  digest text not null,
  doubtful integer not null default 0,    -- the day (YYYYMMDD) since which its clearing is suppressed: a bad row could not be identified; 0: it is not
  since integer not null default 0,       -- number of the batch that made this version
  until integer not null default 2147483647,  -- number of the batch that ended it
  primary key (company, debtor_no, item_no, since)
) without rowid;
create index item_by_source on item_version (source, state, company, debtor_no, item_no);
create index item_ended on item_version (until) where until < 2147483647;
create view item as
select company, debtor_no, item_no, source, state, due_on, open_amount, currency, amount, invoiced_on, kind, payment_method,
       discount_until, dunning_level, last_dunned_on, dunning_deadline, dunning_block_until, dispute, contact_level, contact_rungs,
       contacted_on, opened_as_of, changed_as_of, cleared_as_of, batch_id, digest, doubtful
  from item_version where since <= (select number from visible) and until > (select number from visible);

create table clearing_version (          -- every fall of an open amount: what promises are judged by; sums are what counts
  company text not null,
  debtor_no text not null,
  item_no text not null,
  batch_id text not null,
  as_of text not null,
  amount integer not null,                -- > 0: so much less is owed; < 0: a credit was used up (the item it paid for fell as well)
  currency text not null,
  since integer not null default 0,       -- number of the batch that brought it
  moved_to text not null default ''       -- not paid: the item went to this debtor of the company
);
create index clearing_by_debtor on clearing_version (company, debtor_no, as_of);
create index clearing_moved on clearing_version (company, debtor_no, item_no) where moved_to <> '';
create view clearing as
select company, debtor_no, item_no, batch_id, as_of, amount, currency
  from clearing_version where since <= (select number from visible);

-- ---------------------------------------------------------------- what humans learnt
create table fact (
  id text primary key,
  at text not null,                       -- when it became known
  company text not null,
  debtor_no text not null,
  kind text not null,                     -- do_not_call | number_blocked | number_wrong | legal_state | wish | not_on | ask_first | dispute | override | contact_person | objection
  value text not null default '',         -- number, state, wish text, item, rule …
  reason text not null default '',
  actor text not null default '',
  attempt_id text not null default '',
  until_on text,                          -- last day it holds, NULL = until revoked
  revoked_at text,
  owner text not null default '',         -- dispute: who answers it
  answer_by text                          -- dispute: by when
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
create table rungs (                      -- what the number of a step means: the steps of a ladder as they were then
  id text primary key,                    -- digest of them
  levels text not null                    -- JSON [[name, medium, earliest day past due, latest], ...]
);

create table planned_ladder (             -- the steps of each ladder as of the last plan that had it
  ladder text primary key,
  rungs text not null,
  planned_at text not null                -- since when they are these
);

create table task (
  id text primary key,
  company text not null,
  debtor_no text not null,
  medium text not null,
  ladder text not null,
  level integer not null,
  rungs text not null default '',         -- the steps that level counts: rungs.id
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
  own_at text,                            -- its own not_before, while a refusal of the gate puts it off
  prompted_by text not null default '',       -- what brought it forward: the name of a trigger, '' = the ladder's own day
  script text not null default '',        -- call script or letter template
  tone text not null default '',          -- friendly | factual | firm
  value integer not null default 0,       -- expected value per agent minute, ten-thousandths: what is chosen by
  created_at text not null,
  changed_at text not null,
  closed_at text,
  close_reason text not null default '',
  made_by text not null default '',       -- the attempt whose talk made this task (callback)
  agreed_for text,                        -- callback: the instant that the debtor was told
  agreed_by text not null default '',     -- callback: the agent who agreed it; `agent` is who keeps it
  lease_agent text not null default '',
  lease_until text
);
create index task_by_state on task (state, not_before);
create index task_to_choose on task (state, medium, agent, value desc, priority desc, worth desc, not_before, id);  -- the dialler's look-ahead
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
  caller_id text not null default '',     -- the number that the debtor is shown; '' in rows of earlier versions
  mode text not null,                     -- preview | pull | progressive | inbound: the debtor calls us
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
  acknowledged integer not null default 0, -- the PBX's journal row is forgotten
  gate text not null default 'go',        -- '' not asked yet | go | refused | stopped (while it rang); older rows: asked when placed, dialled
  answers_itself integer not null default 0, -- the agent's phone was asked to answer by itself: that is no person
  begun_by text not null default '',      -- the agent who began the talk, when another one ended it
  meanwhile text not null default ''      -- what came since the go-ahead and speaks against the call, one sentence
);
create unique index one_live_attempt_per_debtor on attempt (company, debtor_no)
  where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown');
create unique index one_live_attempt_per_number on attempt (number)
  where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown');
create unique index one_live_attempt_per_agent on attempt (agent)  -- '': a caller for whom nobody is rung (mode inbound)
  where agent <> '' and state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up');
create index attempt_by_state on attempt (state);
create index attempt_taken on attempt (result, closed_at) where result in ('answered', 'dropped');  -- the share that found nobody
create index attempt_by_trunk on attempt (trunk, placed_at);  -- pacing
create index attempt_by_debtor on attempt (company, debtor_no, placed_at);
create index attempt_by_number on attempt (number, placed_at);
create index attempt_by_agent on attempt (agent, placed_at);  -- the last one: the breath after a talk, *85

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
  paid integer not null default 0,
  plan_id text not null default '',       -- instalment plan it belongs to
  position integer not null default 0,    -- 1, 2, 3 … within the plan
  approval text not null default '',      -- '' = the agent may agree it | pending | approved | refused
  approved_by text not null default '',
  decide_until text,                      -- pending: the last day that the ladder waits for a lead
  approval_note text not null default ''  -- why a lead is asked, then what was decided; nobody is asked: how it came
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
create index outcome_by_debtor on outcome (company, debtor_no, at);
create index outcome_by_block on outcome (dunning_block_until) where dunning_block_until is not null;

create table agent (
  id text primary key,
  logged_in integer not null,
  paused integer not null default 0,
  pause_reason text not null default '',
  since text not null,
  endpoint text not null default '',      -- '' = as configured
  missed integer not null default 0,      -- rings in a row that rang out
  rest_until text,                        -- after a missed ring
  asked_at text,                          -- pull mode: asked for the next case
  turned_away integer not null default 0, -- rings in a row that the phone refused: busy, diverted, do not disturb
  pause_until text,                       -- a pause after missed rings ends by itself
  answers_itself integer not null default 0 -- the agent has switched that on (*88), until logging out
);

create table unreached_caller (           -- called one of our numbers, reached nobody, and is no debtor we could name: for the lead
  id text primary key,                    -- the PBX's id of the call: told twice it is one row
  at text not null,
  called text not null,
  caller text not null,
  done_at text,                           -- somebody looked after it
  done_by text not null default ''
);
create index unreached_caller_by_number on unreached_caller (caller, done_at);

create table recording (                  -- a debtor's yes to the recording of a call; without a row nothing is recorded
  attempt_id text primary key,
  agreed_at text not null,
  agent text not null,
  began text not null default 'no',       -- 'yes': the PBX said that it records
  withdrawn_at text,
  erased_at text                          -- the file is overwritten
);
create index recording_not_erased on recording (agreed_at) where erased_at is null;

create table self_service (               -- a caller keyed a pair of numbers; what was keyed is not kept
  id text not null,                       -- the PBX's id of the call
  turn integer not null,                  -- 1, 2, 3
  at text not null,
  called text not null,
  caller text not null,
  matched integer not null,               -- both numbers meant one open item
  company text not null default '',       -- of a pair that matched: whom a call about the item goes to
  debtor_no text not null default '',
  item_no text not null default '',       -- as a call to that debtor names it
  served text not null default '',        -- what the caller was told: 1 promised | 2 promised, a lead decides | 3 is called back
  primary key (id, turn)
);
create index self_service_by_number on self_service (matched, at, caller);

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

-- ---------------------------------------------------------------- beside the open items: bank, master data, people told
create table batch_scope (                -- for which companies an accepted snapshot is complete; '*' = everything of its source
  batch_id text not null,
  company text not null,
  primary key (batch_id, company)
);

create table covering (                   -- lists that are complete for items which other sources opened: such a source is as fresh as they are
  company text not null,
  source text not null,                   -- covered
  covered_by text not null,               -- the source of the list
  from_no text not null default '',       -- only these debtors, of numbers as long as these two; '' = all
  to_no text not null default '',
  primary key (company, source, covered_by, from_no)
);
create index covering_by_list on covering (covered_by);

create table payment (                    -- lines of bank statements; the same line counts once, whatever statement brings it
  id text primary key,                    -- digest of the line
  batch_id text not null,
  source text not null,
  seen_at text not null,
  company text not null default '',
  booked_on text not null,
  value_on text,
  amount integer not null,                -- > 0 came in, < 0 went out
  currency text not null,
  kind text not null,                     -- payment | return | other
  payer text not null default '',
  payer_account text not null default '', -- its last four characters and a digest, never the account (payment_lines.kept_of)
  reference text not null default '',
  end_to_end text not null default '',
  state text not null,                    -- matched | ambiguous | unmatched | confirmed
  settled_by text not null default '',    -- the snapshot that confirmed it
  debtor_no text not null default '',     -- as the statement itself says, where it does
  item_no text not null default ''
);
create index payment_by_state on payment (state, booked_on);
create index payment_by_account on payment (payer_account, state);

create table payment_match (              -- the items that a payment is taken to pay, or that a return opens again
  payment_id text not null,
  company text not null,
  debtor_no text not null,
  item_no text not null,                  -- '' = the debtor, no item in particular
  amount integer not null,
  how text not null,                      -- one sentence: what fitted
  primary key (payment_id, company, debtor_no, item_no)
);
create index payment_match_by_debtor on payment_match (company, debtor_no);

create table contact_person (             -- whom to talk to at a business debtor, from master data
  company text not null,
  debtor_no text not null,
  person_no text not null,
  name text not null,
  role text not null default '',
  phone text not null default '',
  email text not null default '',
  language text not null default '',
  hours text not null default '',         -- week text, as a wish
  source text not null,
  batch_id text not null,
  primary key (company, debtor_no, person_no)
);

create table correction (                 -- what agents put right; holds over every later import until accounting says the same, or something new
  id text primary key,
  at text not null,
  company text not null,
  debtor_no text not null,
  kind text not null,                     -- put_right | wrong (a number reaches somebody else or nobody) | taken_back
  field text not null,                    -- phone | phone2 | email | contact_person | debtor_name
  value text not null,
  was text not null default '',           -- what accounting's data said then
  note text not null default '',
  actor text not null default '',
  attempt_id text not null default '',
  adopted_at text,                        -- accounting's data said the same
  overruled_at text,                      -- accounting's data said something new
  accounting text not null default '',    -- what they said then
  revoked_at text,
  exported_in text not null default ''    -- name of the outbox file, '' = not yet
);
create index correction_by_debtor on correction (company, debtor_no);
create index correction_unexported on correction (exported_in, at);

create table notice (                     -- told by e-mail or webhook, each subject once until it ends
  id text primary key,
  at text not null,
  kind text not null,                     -- core/notices.Kind
  subject text not null,                  -- what it is about: batch, source; the same subject is not told again while it lasts
  sentence text not null,
  ended_at text,
  mailed_at text,
  posted_at text,                         -- to the webhook
  sent_at text,                           -- by every way that is configured
  tries integer not null default 0,
  failure text not null default ''
);
create index notice_unsent on notice (sent_at, at);
create index notice_by_subject on notice (kind, subject, ended_at);

create table quality_day (                -- one line a day and hole: the trend
  day text not null,
  hole text not null,
  count integer not null,
  debtors integer not null,
  money text not null,                    -- {"EUR": "50210.55"}
  primary key (day, hole)
);

-- ---------------------------------------------------------------- other media, absences
create table message (                    -- a letter or an e-mail of ours: the row is there before it leaves, and it leaves once
  id text primary key,
  task_id text not null,
  company text not null,
  debtor_no text not null,
  medium text not null,                   -- email | letter
  template text not null,                 -- with its version
  language text not null,
  items text not null default '',         -- '|'-separated
  recipient text not null,                -- address it went to; a letter: the file name
  digest text not null default '',        -- of what was sent
  state text not null,                    -- due | sending | sent | failed | unknown
  made_at text not null,
  not_before text not null,               -- after a failure: the next try
  sent_at text,
  tries integer not null default 0,
  failure text not null default '',
  steps_before text not null default ''   -- unknown: where its items stood, JSON [[debtor_no, item_no, level, rungs, on, level then, day then], ...]
);
create unique index one_message_per_task on message (task_id);
create index message_by_state on message (state, not_before);
create index message_by_debtor on message (company, debtor_no, made_at);

create table absence (                    -- an agent who is away; callbacks move to the deputy
  id text primary key,
  agent text not null,
  from_on text not null,
  until_on text not null,                 -- last day
  deputy text not null default '',        -- '' = anybody
  recorded_at text not null,
  actor text not null default '',
  revoked_at text
);
create index absence_by_agent on absence (agent, until_on);

-- ---------------------------------------------------------------- master data
-- Precedence, field by field: an agent's correction, then master data, then the open-item export. NULL: nothing said.
create table master (                     -- what master data exports said
  company text not null,
  debtor_no text not null,
  debtor_name text,
  person_type text,
  contact_person text,
  email text,
  language text,
  country text,
  region text,
  postcode text,
  time_zone text,
  potential_class text,
  agent text,
  head_office text,
  credit_limit integer,
  legal_state text,
  phone text,
  phone2 text,
  dunning_block_until text,               -- '' = no block
  payment_method text,
  source text not null,
  batch_id text not null,
  primary key (company, debtor_no)
);

create table overlay (                    -- corrections over master data: made anew whenever one of them changes, never by hand
  company text not null,
  debtor_no text not null,
  debtor_name text,
  person_type text,
  contact_person text,
  email text,
  language text,
  country text,
  region text,
  postcode text,
  time_zone text,
  potential_class text,
  agent text,
  head_office text,
  credit_limit integer,
  legal_state text,
  phone text,
  phone2 text,
  dunning_block_until text,
  payment_method text,
  primary key (company, debtor_no)
);
create index overlay_branch on overlay (company, head_office) where head_office <> '';

create table overlay_number (             -- numbers of master data, contact persons and corrections; positions 1 and 2 replace the export's
  company text not null,
  debtor_no text not null,
  position integer not null,
  raw text not null,
  e164 text not null default '',
  kind text not null default '',
  zones text not null default '',
  problem text not null default '',
  person text not null default '',        -- whose number: a contact person's
  role text not null default '',
  hours text not null default '',         -- week text: when that person may be called
  primary key (company, debtor_no, position)
);
create index overlay_number_by_e164 on overlay_number (e164);

-- Both views are flattened into the queries that read them, so that indexes serve; a `left join` on them is not: use a scalar subquery.
create view debtor as
select d.company, d.debtor_no,
       coalesce(o.debtor_name, d.debtor_name) as debtor_name,
       coalesce(o.person_type, d.person_type) as person_type,
       coalesce(o.contact_person, d.contact_person) as contact_person,
       coalesce(o.email, d.email) as email,
       coalesce(o.language, d.language) as language,
       coalesce(o.country, d.country) as country,
       coalesce(o.region, d.region) as region,
       coalesce(o.postcode, d.postcode) as postcode,
       coalesce(o.time_zone, d.time_zone) as time_zone,
       coalesce(o.potential_class, d.potential_class) as potential_class,
       coalesce(o.agent, d.agent) as agent,
       coalesce(o.head_office, d.head_office) as head_office,
       coalesce(o.credit_limit, d.credit_limit) as credit_limit,
       coalesce(o.legal_state, d.legal_state) as legal_state,
       nullif(o.dunning_block_until, '') as dunning_block_until,
       coalesce(o.payment_method, '') as payment_method,
       d.source, d.batch_id, d.digest
  from exported_debtor d left join overlay o on o.company = d.company and o.debtor_no = d.debtor_no;

create view debtor_number as
select n.company, n.debtor_no, n.position, n.raw, n.e164, n.kind, n.zones, n.problem,
       cast('' as text) as person, cast('' as text) as role, cast('' as text) as hours
  from exported_number n
 where not exists (select 1 from overlay o
                    where o.company = n.company and o.debtor_no = n.debtor_no
                      and case n.position when 1 then o.phone else o.phone2 end is not null)
union all
select company, debtor_no, position, raw, e164, kind, zones, problem, person, role, hours from overlay_number;

create view head_office_link as           -- a debtor and the head office that its data name; read by company and one of the two numbers
select company, debtor_no, head_office from overlay where head_office <> ''
union all
select d.company, d.debtor_no, d.head_office from exported_debtor d
 where d.head_office <> ''
   and not exists (select 1 from overlay o where o.company = d.company and o.debtor_no = d.debtor_no and o.head_office is not null);
