-- Callbacks and absences. Who keeps a callback is core/telephony/callbacks'.

-- name: live(now)
select id, not_before, agent, skill, case when agreed_for is null and agreed_by = '' then agent else agreed_by end as agreed_by
  from task
 where origin = 'callback' and state in ('planned', 'ready') and created_at <= :now
 order by not_before, id;

-- name: key_of(id)^
select company, debtor_no from task where id = :id;

-- name: give_to(id, agent, now)!
update task set agent = :agent, changed_at = :now where id = :id and state in ('planned', 'ready');

-- name: between(low, high, now)
-- Agreed for an instant in [low, high), with the first call that dialled the debtor for it.
select t.id, t.company, t.debtor_no, coalesce(t.agreed_for, t.not_before) as agreed_for, t.agreed_by, t.agent, t.state, t.close_reason, t.not_before,
       t.closed_at, t.waits,
       (select d.debtor_name from debtor d where d.company = t.company and d.debtor_no = t.debtor_no) as debtor_name,
       (select min(a.dialled_at) from attempt a where a.task_id = t.id and a.dialled_at is not null and a.dialled_at <= :now) as called_at,
       (select a.agent from attempt a where a.task_id = t.id and a.dialled_at is not null and a.dialled_at <= :now
         order by a.dialled_at limit 1) as called_by
  from task t
 where t.origin = 'callback' and t.created_at <= :now and coalesce(t.agreed_for, t.not_before) >= :low
   and coalesce(t.agreed_for, t.not_before) < :high
 order by agreed_for, t.id;

-- name: add_absence(id, agent, from_on, until_on, deputy, now, actor)!
insert into absence (id, agent, from_on, until_on, deputy, recorded_at, actor) values (:id, :agent, :from_on, :until_on, :deputy, :now, :actor);

-- name: revoke_absences(agent, from_on, until_on, now)!
-- Those that lie within these days.
update absence set revoked_at = :now where agent = :agent and from_on >= :from_on and until_on <= :until_on and revoked_at is null;

-- name: absences(from_on, now)
select * from absence
 where until_on >= :from_on and recorded_at <= :now and (revoked_at is null or revoked_at > :now)
 order by recorded_at, id;
