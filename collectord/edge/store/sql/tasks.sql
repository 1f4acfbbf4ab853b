-- Contact tasks. Which task is wanted or may be called is decided in core; here only ids, states, times and sort keys count.

-- name: insert_task(id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, expires_at, state, why, agent, priority, origin, oldest_due_on, attempts_made, skill, prompted_by, script, tone, value, worth, rungs, own_at, now)^
insert into task (id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, expires_at, state, why, agent, priority,
                  origin, oldest_due_on, attempts_made, skill, prompted_by, script, tone, value, worth, rungs, own_at, created_at, changed_at)
values (:id, :company, :debtor_no, :medium, :ladder, :level, :items, :open_amount, :not_before, :expires_at, :state, :why, :agent, :priority,
        :origin, :oldest_due_on, :attempts_made, :skill, :prompted_by, :script, :tone, :value, :worth, :rungs, :own_at, :now, :now)
on conflict do nothing
returning id;

-- name: insert_tasks(id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, expires_at, state, why, agent, priority, origin, oldest_due_on, attempts_made, skill, prompted_by, script, tone, value, worth, rungs, own_at, now)*!
-- An arranged contact, made since the plan looked, comes before the ladder's: the next plan finds it and waits for it.
insert into task (id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, expires_at, state, why, agent, priority,
                  origin, oldest_due_on, attempts_made, skill, prompted_by, script, tone, value, worth, rungs, own_at, created_at, changed_at)
select :id, :company, :debtor_no, :medium, :ladder, :level, :items, :open_amount, :not_before, :expires_at, :state, :why, :agent, :priority,
        :origin, :oldest_due_on, :attempts_made, :skill, :prompted_by, :script, :tone, :value, :worth, :rungs, :own_at, :now, :now
 where :origin <> 'ladder'
    or not exists (select 1 from task t where t.company = :company and t.debtor_no = :debtor_no and t.origin in ('callback', 'promise')
                      and t.state in ('planned', 'ready', 'leased', 'in_call'))
on conflict do nothing;

-- name: update_task(medium, ladder, level, items, open_amount, not_before, expires_at, state, why, agent, priority, oldest_due_on, attempts_made, skill, prompted_by, script, tone, value, worth, rungs, own_at, now, id)^
-- Only while nobody calls for it.
update task
   set medium = :medium, ladder = :ladder, level = :level, items = :items, open_amount = :open_amount, not_before = :not_before,
       expires_at = :expires_at, state = :state, why = :why, agent = :agent, priority = :priority, oldest_due_on = :oldest_due_on,
       attempts_made = :attempts_made, skill = :skill, prompted_by = :prompted_by, script = :script, tone = :tone, value = :value, worth = :worth, rungs = :rungs, own_at = :own_at, changed_at = :now
 where id = :id and state in ('planned', 'ready')
returning id;

-- name: task_by_id(id)^
select * from task where id = :id;

-- name: live_between(now, company, debtor_no, to_company, to_debtor)
-- Ladder tasks.
select * from task
 where (company, debtor_no) >= (:company, :debtor_no) and (company, debtor_no) <= (:to_company, :to_debtor)
   and origin = 'ladder' and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now;

-- name: live_of(now, keys)
-- The same for single debtors: :keys is JSON, [["company", "debtor_no"], ...].
select t.* from json_each(:keys) k cross join task t
 where t.company = json_extract(k.value, '$[0]') and t.debtor_no = json_extract(k.value, '$[1]')
   and t.origin = 'ladder' and t.state in ('planned', 'ready', 'leased', 'in_call') and t.created_at <= :now;

-- name: live_unlisted(now)
-- The same for debtors of whom no export tells (any more).
select * from task t
 where origin = 'ladder' and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now
   and not exists (select 1 from exported_debtor d where d.company = t.company and d.debtor_no = t.debtor_no);

-- name: reachable_of(keys)
-- Debtors with a dialable number; those of the export count where no correction or master data replaces them (view debtor_number).
select json_extract(k.value, '$[0]') as company, json_extract(k.value, '$[1]') as debtor_no from json_each(:keys) k
 where exists (select 1 from exported_number n
                where n.company = json_extract(k.value, '$[0]') and n.debtor_no = json_extract(k.value, '$[1]') and n.e164 <> ''
                  and not exists (select 1 from overlay o
                                   where o.company = n.company and o.debtor_no = n.debtor_no
                                     and case n.position when 1 then o.phone else o.phone2 end is not null))
    or exists (select 1 from overlay_number v
                where v.company = json_extract(k.value, '$[0]') and v.debtor_no = json_extract(k.value, '$[1]') and v.e164 <> '');

-- name: live_calls(now, until)
select t.id, t.priority, t.open_amount, t.value, t.origin, t.agent, t.skill,
       (select d.language from debtor d where d.company = t.company and d.debtor_no = t.debtor_no) as language,
       exists (select 1 from exported_number n
                where n.company = t.company and n.debtor_no = t.debtor_no and n.e164 <> ''
                  and not exists (select 1 from overlay o
                                   where o.company = n.company and o.debtor_no = n.debtor_no
                                     and case n.position when 1 then o.phone else o.phone2 end is not null))
       or exists (select 1 from overlay_number v where v.company = t.company and v.debtor_no = t.debtor_no and v.e164 <> '') as reachable
  from task t
 where t.medium = 'call' and t.state in ('planned', 'ready', 'leased', 'in_call') and t.created_at <= :now and t.not_before < :until;

-- name: live_tasks_of(company, debtor_no, now)
select * from task
 where company = :company and debtor_no = :debtor_no and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now
 order by created_at, id;

-- name: promote_due(now)!
update task set state = 'ready', waits = '', changed_at = :now where state = 'planned' and not_before <= :now;

-- name: due_planned(now)^
select 1 as found from task where state = 'planned' and not_before <= :now limit 1;

-- name: ready_bound(now, limit, mark)
-- Tasks that belong to one agent: few, and never cut off by the look-ahead. `mark`: between the debtor's fields, which are read in one go.
select t.*, (select d.language || :mark || d.agent || :mark || d.potential_class || :mark || d.person_type || :mark || d.time_zone
          from debtor d where d.company = t.company and d.debtor_no = t.debtor_no) as debtor,
       (select a.agent from attempt a
         where a.company = t.company and a.debtor_no = t.debtor_no and a.debtor_answered_at is not null
         order by a.placed_at desc limit 1) as spoke_last
  from task t
 where t.state = 'ready' and t.agent > '' and t.medium = 'call' and (t.expires_at is null or t.expires_at > :now)
 order by t.not_before, t.id
 limit :limit;

-- name: ready_open(now, any_skill, skills, barred, limit, mark)
-- Read in the order of index task_to_choose, so that the look-ahead costs the same however many wait. No condition on not_before: it would
-- lead the planner to another index, ready means that it has come, and core looks again.
-- `any_skill` = 1: whatever skill; else those of `skills`, written |a|b|. `barred`: languages left out, written |fr|it|.
select t.*, (select d.language || :mark || d.agent || :mark || d.potential_class || :mark || d.person_type || :mark || d.time_zone
          from debtor d where d.company = t.company and d.debtor_no = t.debtor_no) as debtor,
       (select a.agent from attempt a
         where a.company = t.company and a.debtor_no = t.debtor_no and a.debtor_answered_at is not null
         order by a.placed_at desc limit 1) as spoke_last
  from task t
 where t.state = 'ready' and t.agent = '' and t.medium = 'call' and (t.expires_at is null or t.expires_at > :now)
   and (:any_skill = 1 or t.skill = '' or :skills like '%|' || t.skill || '|%')
   and not exists (select 1 from debtor d
                    where d.company = t.company and d.debtor_no = t.debtor_no and d.language <> ''
                      and :barred like '%|' || lower(substr(d.language, 1, 2)) || '|%')
 order by t.value desc, t.priority desc, t.worth desc, t.not_before, t.id
 limit :limit;

-- name: more_valuable(value)^
select count(*) as count from task where state = 'ready' and medium = 'call' and agent = '' and value > :value;

-- name: next_due()^
select min(not_before) as at from task where state = 'planned' and medium = 'call';

-- name: lease(agent, until, now, id)^
update task set state = 'leased', lease_agent = :agent, lease_until = :until, changed_at = :now
 where id = :id and state = 'ready'
returning id;

-- name: begin_call(now, id)^
update task set state = 'in_call', lease_agent = '', lease_until = null, attempts_made = attempts_made + 1, changed_at = :now
 where id = :id and state in ('planned', 'ready', 'leased')
returning id;

-- name: release(now, id)!
update task set state = 'ready', lease_agent = '', lease_until = null, changed_at = :now where id = :id and state = 'leased';

-- name: release_overdue_leases(now)!
update task set state = 'ready', lease_agent = '', lease_until = null, changed_at = :now where state = 'leased' and lease_until <= :now;

-- name: postpone(not_before, now, why, id)^
update task
   set state = case when :not_before <= :now then 'ready' else 'planned' end, not_before = :not_before, waits = :why, lease_agent = '',
       own_at = null, lease_until = null, changed_at = :now
 where id = :id and state in ('planned', 'ready', 'leased', 'in_call')
returning id;

-- name: put_off(not_before, now, why, id)!
-- By a refusal of the gate: its own time is kept, for when what refuses ends sooner.
update task
   set state = 'planned', own_at = coalesce(own_at, not_before), not_before = :not_before, waits = :why, lease_agent = '',
       lease_until = null, changed_at = :now
 where id = :id and state in ('planned', 'ready', 'leased', 'in_call');

-- name: put_off_tasks(everybody, now)
-- Of debtors with a mark, and of their families; or all.
select t.* from task t
 where t.state = 'planned' and t.own_at is not null and t.created_at <= :now
   and (:everybody = 1
        or exists (select 1 from touched k where k.company = t.company and k.debtor_no = t.debtor_no)
        or exists (select 1 from looked_at me
                     join looked_at other on other.company = me.company and other.root = me.root
                     join touched k on k.company = other.company and k.debtor_no = other.debtor_no
                    where me.company = t.company and me.debtor_no = t.debtor_no and me.root <> ''))
 order by t.id;

-- name: bring_forward(not_before, now, why, id, before)^
update task
   set state = case when :not_before <= :now then 'ready' else 'planned' end, not_before = :not_before, waits = :why, changed_at = :now
 where id = :id and state = 'planned' and own_at is not null and not_before = :before
returning id;

-- name: waits_of(id)$
select waits from task where id = :id;

-- name: word_anew()*!
update task set why = ?, prompted_by = ? where id = ? and state in ('planned', 'ready');

-- name: close_task(state, reason, now, id)^
update task set state = :state, close_reason = :reason, closed_at = :now, changed_at = :now, waits = '', lease_agent = '', lease_until = null
 where id = :id and state in ('planned', 'ready', 'leased', 'in_call')
returning id;

-- name: cancel_waiting(reason, now, id)!
-- By planning: only while nobody calls for it.
update task set state = 'cancelled', close_reason = :reason, closed_at = :now, changed_at = :now, waits = ''
 where id = :id and state in ('planned', 'ready');

-- name: raise_level(level, rungs, on, company, debtor_no, item_no)!
update item_version set contact_level = :level, contact_rungs = :rungs, contacted_on = :on
 where company = :company and debtor_no = :debtor_no and item_no = :item_no and until > (select number from visible);

-- name: listed(now, company, debtor_no, state, medium, limit)
select * from task
 where created_at <= :now
   and (:company is null or company = :company) and (:debtor_no is null or debtor_no = :debtor_no)
   and (:state is null or state = :state) and (:medium is null or medium = :medium)
 order by closed_at is not null, value desc, priority desc, worth desc, not_before, id
 limit :limit;

-- name: count_by_state(now)
select state, count(*) as n from task where created_at <= :now group by state order by state;

-- name: open_call_tasks(now, until, mark)
-- For the call list: everything that may be dialled some day.
select t.*, (select d.language || :mark || d.agent || :mark || d.potential_class || :mark || d.person_type || :mark || d.time_zone
          from debtor d where d.company = t.company and d.debtor_no = t.debtor_no) as debtor,
       (select a.agent from attempt a
         where a.company = t.company and a.debtor_no = t.debtor_no and a.debtor_answered_at is not null
         order by a.placed_at desc limit 1) as spoke_last
  from task t
 where t.medium = 'call' and t.state in ('planned', 'ready', 'leased', 'in_call') and t.created_at <= :now
   and t.not_before < :until and (t.expires_at is null or t.expires_at > :now)
 order by t.value desc, t.priority desc, t.worth desc, t.not_before, t.id;
