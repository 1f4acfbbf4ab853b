-- Attempts, promises, outcomes. Which of them may be called is decided in core; here only ids, states, times and keys count.

-- name: insert_attempt!
insert into attempt (id, task_id, company, debtor_no, number, agent, endpoint, pbx, trunk, caller_id, mode, items, about, state, placed_at,
                     deadline_at, pbx_started, gate, answers_itself)
values (:id, :task_id, :company, :debtor_no, :number, :agent, :endpoint, :pbx, :trunk, :caller_id, :mode, :items, :about, :state,
        :placed_at, :deadline_at, :pbx_started, :gate, :answers_itself);

-- name: update_attempt!
-- What a call's course changes; what it was placed with stays.
update attempt
   set state = :state, deadline_at = :deadline_at, agent_answered_at = :agent_answered_at, dialled_at = :dialled_at,
       debtor_answered_at = :debtor_answered_at, ended_at = :ended_at, closed_at = :closed_at, agent_result = :agent_result,
       result = :result, hangup_cause = :hangup_cause, tech = :tech, rang_ms = :rang_ms, talk_ms = :talk_ms, disposition = :disposition,
       said = :said, note = :note, ring_backs = :ring_backs, why = :why,
       agent = case mode when 'predictive' then :agent else agent end, endpoint = case mode when 'predictive' then :endpoint else endpoint end, acknowledged = :acknowledged, gate = :gate,
       meanwhile = :meanwhile
 where id = :id;

-- name: update_course!
-- As `update_attempt`, where nothing changes that an index has: a third of the time.
update attempt
   set deadline_at = :deadline_at, agent_answered_at = :agent_answered_at, dialled_at = :dialled_at,
       debtor_answered_at = :debtor_answered_at, ended_at = :ended_at, agent_result = :agent_result,
       hangup_cause = :hangup_cause, tech = :tech, rang_ms = :rang_ms, talk_ms = :talk_ms, disposition = :disposition,
       said = :said, note = :note, ring_backs = :ring_backs, why = :why, acknowledged = :acknowledged, gate = :gate, meanwhile = :meanwhile
 where id = :id;

-- name: attempt_by_id^
select * from attempt where id = :id;

-- name: calls_of_task
-- The calls for this task before this one that reached for the debtor's line.
select placed_at, result, disposition from attempt
 where company = :company and debtor_no = :debtor_no and task_id = :task_id and id <> :id and placed_at <= :placed_at
   and result not in ('', 'not_dialled')
 order by placed_at, id;

-- name: trunk_ends
-- How the last calls over this trunk ended that reached for the debtor's line, newest first; what we stopped ourselves says nothing.
select coalesce(ended_at, placed_at) as at, result, hangup_cause, tech from attempt
 where trunk = :trunk and result not in ('', 'not_dialled', 'unknown') and gate <> 'stopped'
 order by placed_at desc limit :count;

-- name: results_between
select placed_at, company, caller_id, trunk, result from attempt
 where placed_at between :low and :high and result not in ('', 'not_dialled', 'unknown') and mode <> 'inbound';

-- name: taken_since
-- What became of the calls that were closed since and that the debtor's line had answered, by campaign: company and ladder.
select a.company, coalesce(t.ladder, '') as ladder, a.result, count(*) as number
  from attempt a left join task t on t.id = a.task_id
 where a.closed_at >= :since and a.result in ('answered', 'dropped') and a.result in (:one, :other) and a.mode not in ('inbound', 'by_hand')
 group by a.company, t.ladder, a.result;

-- name: unfinished
select * from attempt where pbx = :pbx and state <> 'closed' order by placed_at, id;

-- name: live
select * from attempt
 where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up') order by placed_at, id;

-- name: lengths
-- Of the last calls that were dialled, oldest first.
select * from (
  select placed_at, result, rang_ms, talk_ms, ended_at, closed_at, disposition, dialled_at, id from attempt
   where state = 'closed' and result not in ('', 'not_dialled', 'unknown') and rang_ms is not null and mode <> 'inbound'
   order by placed_at desc limit :count) newest
 order by placed_at, id;

-- name: unacknowledged
select * from attempt where pbx = :pbx and state = 'closed' and acknowledged = 0 order by placed_at, id;

-- name: on_their_way
-- Cleared to be dialled, and not over.
select * from attempt where gate in ('go', 'stopped') and state in ('placed', 'ringing_agent', 'ringing_debtor', 'talking') order by placed_at, id;

-- name: past_deadline
select * from attempt
 where deadline_at <= :now and state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up', 'unknown')
 order by deadline_at, id;

-- name: next_deadline$
select min(deadline_at) from attempt
 where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up', 'unknown');

-- name: agent_is_held$
-- Whether another attempt than :id holds this agent; '' is nobody.
select count(*) from attempt
 where agent = :agent and agent <> '' and id <> :id and state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up');

-- name: give_attempt_back!
update task set attempts_made = attempts_made - 1 where id = :id and attempts_made > 0;

-- name: made_by!
-- A callback keeps what the debtor was told, and by whom, whatever becomes of the task.
update task set made_by = :attempt_id, agreed_for = case when origin = 'callback' then not_before end,
       agreed_by = case when origin = 'callback' then agent else '' end
 where id = :id;

-- name: tasks_made_by
select id from task where made_by = :attempt_id and state in ('planned', 'ready') order by id;

-- name: revoke_facts_of!
update fact set revoked_at = :now where attempt_id = :attempt_id and actor <> 'network' and revoked_at is null;

-- name: withdraw_promises_of!
update promise set state = 'withdrawn', judged_at = :now where attempt_id = :attempt_id and state = 'open';

-- name: drop_outcomes_of!
-- Only what no file has carried out of the house.
delete from outcome where attempt_id = :attempt_id and exported_in = '';

-- name: drop_untold_promise!
-- The lines of an agreement that a lead has decided about before any file carried them out of the house.
delete from outcome
 where company = :company and debtor_no = :debtor_no and at = :made_at and attempt_id = :attempt_id and disposition = 'promise'
   and exported_in = '';

-- name: told_outcomes_of
select distinct outcome_id from outcome where attempt_id = :attempt_id and exported_in <> '' order by outcome_id;

-- name: insert_promise!
insert into promise (id, company, debtor_no, amount, currency, promised_on, grace_until, made_at, state, level, items, attempt_id, agent, plan_id,
                     position, approval, approved_by, decide_until, approval_note)
values (:id, :company, :debtor_no, :amount, :currency, :promised_on, :grace_until, :made_at, :state, :level, :items, :attempt_id, :agent, :plan_id,
        :position, :approval, :approved_by, :decide_until, :approval_note);

-- name: judge_promise!
update promise set state = :state, judged_at = :now, paid = :paid where id = :id and state = 'open';

-- name: open_promises
select * from promise where state = 'open' and made_at <= :now order by company, debtor_no, promised_on, made_at, id;

-- name: last_promise^
-- Of the last talk that yielded any: of a plan the payment that was not kept, else the next one.
select * from (
  select *, case when judged_at > :now then 'open' else state end as state_then from promise
   where company = :company and debtor_no = :debtor_no and made_at <= :now and (state <> 'withdrawn' or judged_at > :now)) then_known
 order by made_at desc, case when state_then in ('broken', 'partially_kept') then 0 when state_then = 'open' then 1 else 2 end, promised_on, id
 limit 1;

-- name: judged_promises
-- The last judged first, of those judged together the kept ones last: how many in a row were not kept.
select state, made_at from promise
 where company = :company and debtor_no = :debtor_no and judged_at <= :now and made_at <> :but_of and state in ('kept', 'partially_kept', 'broken')
 order by judged_at desc, state = 'kept', promised_on desc, id desc;

-- name: paid_since
select * from promise
 where company = :company and debtor_no = :debtor_no and judged_at > :since and judged_at <= :now and paid > 0
 order by promised_on, id;

-- name: not_kept_of$
select count(*) from promise where plan_id = :plan_id and state in ('partially_kept', 'broken');

-- name: promise_by_id^
select * from promise where id = :id;

-- name: agreement
-- The open promises of one talk: a plan's instalments, or one a currency.
select * from promise
 where company = :company and debtor_no = :debtor_no and made_at = :made_at and attempt_id = :attempt_id and state = 'open'
 order by promised_on, position, id;

-- name: decide_promise!
update promise set approval = :approval, approved_by = :approved_by, approval_note = :note, decide_until = null
 where id = :id and state = 'open' and approval = 'pending';

-- name: pending_promises
select * from promise where state = 'open' and approval = 'pending' and made_at <= :now
   and (:company is null or company = :company) and (:debtor_no is null or debtor_no = :debtor_no)
 order by decide_until, made_at, id limit :limit;

-- name: give_promise_to!
update promise set debtor_no = :heir, items = :items where id = :id and state = 'open';

-- name: clearings
-- Dated by the bookings: what an export of the 26th no longer has was paid by the 24th when payments were booked up to there.
select c.item_no, c.amount, c.currency, min(c.as_of, coalesce(b.booked_until, c.as_of)) as as_of, coalesce(b.decided_at, b.received_at) as known_at
  from clearing_version c join batch b on b.id = c.batch_id
 where c.company = :company and c.debtor_no = :debtor_no and c.as_of <= :today and c.moved_to = ''
   and c.since <= (select number from visible)
 order by as_of, known_at, c.item_no;

-- name: gone_promised_items
-- Items of open promises that an import since number :since took off their debtor's list, unless it is known where they went.
select p.id as promise_id, c.company, c.debtor_no, c.item_no, c.as_of, c.amount, c.currency, c.since, i.due_on, i.invoiced_on, i.source
  from promise p join clearing_version c on c.company = p.company and c.debtor_no = p.debtor_no and c.moved_to = ''
   and c.since > :since and c.since <= (select number from visible)
  join item i on i.company = c.company and i.debtor_no = c.debtor_no and i.item_no = c.item_no and i.state = 'cleared'
 where p.state = 'open' and '|' || p.items || '|' like '%|' || c.item_no || '|%'
 order by p.id, c.item_no;

-- name: namesakes
-- One look at all items: which of these numbers stand with somebody, or left that one's list on one of these days. Core looks again.
select company, debtor_no, item_no, case state when 'open' then open_amount else 0 end as open_amount, currency, opened_as_of, due_on, invoiced_on,
       source
  from item
 where (state = 'open' or :days like '%|' || cleared_as_of || '|%') and :items like '%|' || item_no || '|%';

-- name: mark_moved!
update clearing_version set moved_to = :heir where company = :company and debtor_no = :debtor_no and item_no = :item_no and since = :since;

-- name: visible_number$
select number from visible;

-- name: exports_after
-- Every day up to which a source has told this company's bookings since :after, oldest first: booked_until where the export says it, else
-- its as-of day and what a duplicate confirmed (fresh_as_of; the same bytes cannot have booked more).
with told as (
  select b.as_of, b.fresh_as_of, b.booked_until from batch b
   where b.source = :source and b.status = 'accepted' and b.mode = 'snapshot' and b.as_of <= :today
     and (not exists (select 1 from batch_scope s where s.batch_id = b.id)
          or exists (select 1 from batch_scope s where s.batch_id = b.id and s.company in (:company, '*')))
), days as (
  select coalesce(booked_until, as_of) as day from told
  union
  select fresh_as_of from told where booked_until is null
)
select day from days where day > :after and day <= :today order by day;

-- name: item_sources
select item_no, source from item where company = :company and debtor_no = :debtor_no order by item_no;

-- name: insert_outcome!
insert into outcome (outcome_id, item_no, at, company, debtor_no, disposition, promise_amount, currency, promise_on, dunning_block_until,
                     dispute_reason, note, agent, attempt_id)
values (:outcome_id, :item_no, :at, :company, :debtor_no, :disposition, :promise_amount, :currency, :promise_on, :dunning_block_until,
        :dispute_reason, :note, :agent, :attempt_id);

-- name: claim_outcomes!
-- Everything not told yet belongs to this file from now on.
update outcome set exported_in = :file where exported_in = '' and at <= :now;

-- name: outcomes_in
select o.*, coalesce((select d.debtor_name from debtor d where d.company = o.company and d.debtor_no = o.debtor_no), '') as debtor_name
  from outcome o
 where o.exported_in = :file order by o.at, o.attempt_id, o.item_no, coalesce(o.promise_on, ''), o.outcome_id;

-- name: unexported$
select count(*) from outcome where exported_in = '' and at <= :now;

-- name: listed_attempts
select a.*, p.id as promise_id, p.amount as promise_amount, p.currency as promise_currency, p.promised_on
  from attempt a
  left join promise p on p.id = (select q.id from promise q where q.attempt_id = a.id and q.state <> 'withdrawn' and q.made_at <= :now
                                  order by q.amount desc, q.id limit 1)
 where a.placed_at <= :now and (:company is null or a.company = :company) and (:debtor_no is null or a.debtor_no = :debtor_no)
   and (:state is null or a.state = :state)
 order by a.placed_at, a.id limit :limit;

-- name: listed_unknown
select * from attempt
 where placed_at <= :now and disposition = '' and (state = 'unknown' or (state = 'closed' and result in ('answered', 'unknown')))
   and (:company is null or company = :company) and (:debtor_no is null or debtor_no = :debtor_no) and (:state is null or state = :state)
 order by placed_at, id limit :limit;

-- name: listed_promises
select *, case when judged_at > :now then 'open' else state end as state_then from promise
 where made_at <= :now and (:pending = 0 or (state = 'open' and approval = 'pending')) and (:company is null or company = :company) and (:debtor_no is null or debtor_no = :debtor_no)
   and (:state is null or :state = case when judged_at > :now then 'open' else state end)
 order by promised_on, id limit :limit;

-- name: overdue_disputes(now, today)
select f.owner, f.answer_by, count(*) as n
  from fact f left join item i on i.company = f.company and i.debtor_no = f.debtor_no and i.item_no = f.value
 where f.kind = 'dispute' and f.answer_by < :today and f.at <= :now and (f.revoked_at is null or f.revoked_at > :now)
   and coalesce(i.state, 'open') = 'open'
 group by f.owner, f.answer_by order by f.answer_by, f.owner;

-- name: listed_disputes
select f.company, f.debtor_no, f.value as item_no, f.reason, f.at, f.actor as agent, f.attempt_id, 'recorded' as told_by, f.owner, f.answer_by,
       i.open_amount, coalesce(i.currency, '') as currency, coalesce(i.state, 'open') as state
  from fact f left join item i on i.company = f.company and i.debtor_no = f.debtor_no and i.item_no = f.value
 where f.kind = 'dispute' and f.at <= :now and (f.revoked_at is null or f.revoked_at > :now)
   and (:company is null or f.company = :company) and (:debtor_no is null or f.debtor_no = :debtor_no)
   and (:state is null or :state = coalesce(i.state, 'open'))
union all
select i.company, i.debtor_no, i.item_no, '' as reason, null as at, '' as agent, '' as attempt_id, 'export' as told_by, '' as owner, null as answer_by,
       i.open_amount, i.currency, i.state
  from item i
 where i.dispute = 1 and i.state = 'open' and i.opened_as_of <= :today
   and (:company is null or i.company = :company) and (:debtor_no is null or i.debtor_no = :debtor_no)
   and (:state is null or :state = i.state)
 order by 1, 2, 3, 5 limit :limit;
