-- Calls that come in. Who is rung and what follows is core/telephony/inbound's.

-- name: last_called(number, companies, since, now)^
-- Whom we called at this number for one of these companies, last.
select company, debtor_no, agent from attempt
 where number = :number and company in (select value from json_each(:companies)) and dialled_at >= :since and dialled_at <= :now
 order by dialled_at desc, id desc limit 1;

-- name: held(company, debtor_no, number)$
select exists (select 1 from attempt
                where state in ('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking', 'unknown')
                  and (company = :company and debtor_no = :debtor_no or number = :number));

-- name: todays_calls(company, debtor_no, until)
select id from task
 where company = :company and debtor_no = :debtor_no and medium = 'call' and state in ('planned', 'ready') and not_before < :until
 order by not_before, id;

-- name: hand_to(id, agent, endpoint)!
-- The next phone rings; only while nobody has taken the call.
update attempt set agent = :agent, endpoint = :endpoint
 where id = :id and mode = 'inbound' and state = 'ringing_agent' and agent_answered_at is null;
