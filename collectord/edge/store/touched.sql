-- What planning has looked at, and whom something happened to since. SQLite's dialect: triggers. Behind schema.sql, in the same transaction.
--
-- A mark is made where the row is written, so that no writer can forget it. A mark too many costs one look, a missing one a wrong plan: where
-- it is doubtful whether planning reads a column, it is marked.

create table planning (                   -- one row
  turn integer not null default 0,        -- of the plan that began last; what happens from then on is marked with the next one
  basis text not null default '',         -- digest of what concerns every debtor (rules, house, …) when all of them were looked at
  planned_at text                         -- instant of the last plan that was finished
);
insert into planning (turn) values (0);

create table looked_at (                  -- a debtor without a row is looked at when it is touched, or when everybody is
  company text not null,
  debtor_no text not null,
  next_on text,                           -- first day on which time alone may change what was decided; NULL = never
  root text not null default '',          -- the head office whose call it was decided with
  primary key (company, debtor_no)
) without rowid;
create index looked_at_next on looked_at (next_on) where next_on is not null;
create index looked_at_root on looked_at (company, root) where root <> '';

create table touched (                    -- to be looked at
  company text not null,
  debtor_no text not null,
  turn integer not null,                  -- a plan takes marks of its own turn and earlier away
  since integer not null default 0,       -- number of the batch that was being written: its marks stay until it is visible
  primary key (company, debtor_no)
) without rowid;

-- ---------------------------------------------------------------- the ledger
-- New versions are marked by those who alone write them (sql/versions.sql), in the same transaction: a trigger cost a third of writing them.

create trigger item_altered after update of state, open_amount, due_on, contact_level, contacted_on on item_version
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger master_came after insert on master
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger master_altered after update on master
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger master_went after delete on master
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger overlay_came after insert on overlay
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger overlay_altered after update on overlay
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger overlay_went after delete on overlay
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger clearing_moved_on after update of moved_to on clearing_version
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

-- ---------------------------------------------------------------- what was learnt, promised, paid

create trigger fact_came after insert on fact
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger fact_altered after update on fact
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger fact_went after delete on fact
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger promise_came after insert on promise
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger promise_altered after update on promise
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger promise_left after update of debtor_no on promise when old.debtor_no <> new.debtor_no
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger promise_went after delete on promise
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger contact_came after insert on contact
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger contact_altered after update on contact
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger contact_went after delete on contact
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger message_came after insert on message
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger message_altered after update on message
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger message_went after delete on message
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger payment_matched after insert on payment_match
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger payment_unmatched after delete on payment_match
begin
  insert into touched (company, debtor_no, turn, since)
  values (old.company, old.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger payment_altered after update of state, kind, booked_on, seen_at on payment
begin
  insert into touched (company, debtor_no, turn)
  select company, debtor_no, (select turn + 1 from planning) from payment_match where payment_id = new.id
  on conflict (company, debtor_no) do update set turn = excluded.turn;
end;

-- ---------------------------------------------------------------- work; that planning made a ladder task, its time came, or the gate puts it
-- off (own_at), is no news

create trigger task_came after insert on task when new.origin <> 'ladder'
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger task_altered after update of state, not_before, attempts_made, origin on task
when new.origin <> 'ladder' or new.attempts_made <> old.attempts_made or (new.not_before <> old.not_before and new.own_at is null)
  or (new.state <> old.state and not (old.state = 'planned' and new.state = 'ready') and not (new.state = 'planned' and new.own_at is not null))
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger attempt_came after insert on attempt
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;

create trigger attempt_altered after update of state, dialled_at, ended_at, result, disposition, number on attempt
begin
  insert into touched (company, debtor_no, turn, since)
  values (new.company, new.debtor_no, (select turn + 1 from planning), 0)
  on conflict (company, debtor_no) do update set turn = excluded.turn, since = max(since, excluded.since);
end;
