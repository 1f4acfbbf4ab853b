-- Consents to recordings, and what became of them.

-- name: agree(id, at, agent)!
insert into recording (attempt_id, agreed_at, agent) values (:id, :at, :agent)
    on conflict (attempt_id) do update set agreed_at = excluded.agreed_at, agent = excluded.agent;

-- name: began(id)!
update recording set began = 'yes' where attempt_id = :id;

-- name: withdraw(id, at)!
update recording set withdrawn_at = :at where attempt_id = :id and withdrawn_at is null;

-- name: erased(id, at)!
update recording set erased_at = :at where attempt_id = :id and erased_at is null;

-- name: recording(id)^
select attempt_id, agreed_at, agent, began, withdrawn_at, erased_at from recording where attempt_id = :id;

-- name: of_debtor(company, debtor_no)
select r.attempt_id, r.agreed_at, r.agent, r.began, r.withdrawn_at, r.erased_at from recording r join attempt a on a.id = r.attempt_id
 where a.company = :company and a.debtor_no = :debtor_no order by r.agreed_at desc limit 20;

-- name: withdrawn_since(pbx, since)$
-- Of calls that are closed; what is erased already is none.
select count(*) from recording r join attempt a on a.id = r.attempt_id
 where r.erased_at is null and r.withdrawn_at >= :since and a.pbx = :pbx and a.state = 'closed';

-- name: to_erase(pbx, before, after, most)
-- Of calls that are closed, so that the channel which erases is taken for no sign of life: what was withdrawn, and what is older than it may get.
select r.attempt_id from recording r join attempt a on a.id = r.attempt_id
 where r.erased_at is null and (r.withdrawn_at is not null or r.agreed_at < :before) and a.pbx = :pbx
   and a.state = 'closed' and r.attempt_id > :after
 order by r.attempt_id limit :most;
