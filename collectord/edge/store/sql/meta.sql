-- name: get(key)$
select value from meta where key = :key;

-- name: put(key, value)!
insert into meta (key, value) values (:key, :value) on conflict (key) do update set value = excluded.value;

-- name: note_happening(id, at, kind, company, debtor_no, actor, sentence)!
insert into happening (id, at, kind, company, debtor_no, actor, sentence)
values (:id, :at, :kind, :company, :debtor_no, :actor, :sentence);

-- name: tested_caller_ids()
select caller_id, max(at) as at from caller_id_test group by caller_id;

-- name: note_caller_id_test(caller_id, at, note)!
insert into caller_id_test (caller_id, at, note) values (:caller_id, :at, :note)
    on conflict (caller_id) do update set at = excluded.at, note = excluded.note;

-- name: task_states()
select state, count(*) as n from task group by state;

-- name: live_calls()$
select count(*) from attempt where state in ('placed', 'ringing_agent', 'ringing_debtor', 'talking');

-- name: unknown_calls()$
select count(*) from attempt where state = 'unknown';

-- name: held_batches()$
select count(*) from batch where status = 'held';

-- name: next_task_at()$
select min(not_before) from task where state in ('planned', 'ready') and medium = 'call';

-- name: live_on_trunk(trunk)$
select count(*) from attempt
 where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown') and trunk = :trunk;

-- name: placed_before(trunk, back)$
-- When the call `back` calls before the newest was placed; 0: the newest.
select placed_at from attempt where trunk = :trunk order by placed_at desc limit 1 offset :back;

-- name: number_is_a_debtors(number)$
select count(*) from debtor_number where e164 = :number;

-- name: ready_calls(now)$
select count(*) from task where medium = 'call' and (state = 'ready' or (state = 'planned' and not_before <= :now));

-- name: newest_record()$
-- The latest instant that our own clock ever stamped.
select max(at) from (select max(placed_at) as at from attempt union all select max(at) from happening union all select max(received_at) from batch);
