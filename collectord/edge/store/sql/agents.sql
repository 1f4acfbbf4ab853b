-- name: add_agent(id, logged_in, now)!
insert into agent (id, logged_in, since) values (:id, :logged_in, :now) on conflict (id) do nothing;

-- name: agents(id)
-- `id` '': all of them. The live attempt by the index that allows an agent one: nobody's past calls are read.
select a.id, a.endpoint, a.logged_in, a.paused, a.pause_reason, a.since, a.pause_until, a.missed, a.turned_away, a.rest_until, a.asked_at,
       t.id as attempt_id, t.state as attempt_state,
       (select case when l.debtor_answered_at is not null then l.closed_at end from attempt l where l.agent = a.id
         order by l.placed_at desc limit 1) as talked_until,
       a.answers_itself
  from agent a
  left join attempt t on t.agent = a.id and t.agent <> '' and t.state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'wrap_up')
 where :id = '' or a.id = :id;

-- name: set_duty(id, logged_in, paused, pause_reason, now)!
update agent set logged_in = :logged_in, paused = :paused, pause_reason = :pause_reason, since = :now, missed = 0, turned_away = 0,
       rest_until = null, pause_until = null, asked_at = null,
       answers_itself = case :logged_in when 1 then answers_itself else 0 end
 where id = :id;

-- name: set_untaken(id, missed, turned_away, rest_until)!
update agent set missed = :missed, turned_away = :turned_away, rest_until = :rest_until where id = :id;

-- name: pause_untaken(id, reason, until, now)!
-- A pause of the agent's own stays as it is.
update agent set paused = 1, pause_reason = :reason, pause_until = :until, since = :now, asked_at = null
 where id = :id and (paused = 0 or pause_reason = :reason);

-- name: rest_at_least(id, until)!
update agent set rest_until = :until where id = :id and (rest_until is null or rest_until < :until);

-- name: set_asked(id, now)!
update agent set asked_at = :now where id = :id;

-- name: clear_asked(id)!
update agent set asked_at = null where id = :id;

-- name: answer_itself(id, on)!
update agent set answers_itself = :on where id = :id;

-- name: untaken(id, reason)^
select 1 as found from agent
 where id = :id and (missed > 0 or turned_away > 0 or rest_until is not null or (paused = 1 and pause_reason = :reason));

-- name: clear_untaken(id)!
-- Changes nothing, and so writes nothing, where nothing was missed.
update agent set missed = 0, turned_away = 0, rest_until = null where id = :id and (missed > 0 or turned_away > 0 or rest_until is not null);

-- name: end_pause(id, reason, now)!
update agent set paused = 0, pause_reason = '', pause_until = null, since = :now where id = :id and paused = 1 and pause_reason = :reason;

-- name: last_attempt(agent)^
select id, state, disposition, agent_result, result from attempt
 where agent = :agent and agent_answered_at is not null order by placed_at desc limit 1;
