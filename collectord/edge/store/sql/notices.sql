-- name: add(id, at, kind, subject, sentence, ended_at)!
insert into notice (id, at, kind, subject, sentence, ended_at) values (:id, :at, :kind, :subject, :sentence, :ended_at);

-- name: lasting()
select id, kind, subject, sentence from notice where ended_at is null order by at, id;

-- name: end_notice(ended_at, id)!
update notice set ended_at = :ended_at where id = :id;

-- name: forget_untold(at, id)^
-- Over before anybody was told, and nobody tried in vain: there is nothing to settle.
update notice set sent_at = :at, failure = 'over before it was told' where id = :id and sent_at is null and mailed_at is null and posted_at is null and tries = 0
returning id;

-- name: unmailed(size)
select id, at, kind, subject, sentence, ended_at from notice where sent_at is null and mailed_at is null order by at, id limit :size;

-- name: unposted(size)
select id, at, kind, subject, sentence, ended_at from notice where sent_at is null and posted_at is null order by at, id limit :size;

-- name: mailed()*!
update notice set mailed_at = ? where id = ?;

-- name: posted()*!
update notice set posted_at = ? where id = ?;

-- name: failed()*!
update notice set tries = tries + 1, failure = ? where id = ?;

-- name: settle(at, mail, hook)!
update notice set sent_at = :at where sent_at is null and (:mail = 0 or mailed_at is not null) and (:hook = 0 or posted_at is not null);

-- name: unsent()^
select count(*) as n, min(at) as oldest, max(failure) as failure from notice where sent_at is null;

-- name: last_mailed()$
select max(mailed_at) from notice;

-- name: last_posted()$
select max(posted_at) from notice;

-- name: held()
select id, file, source, reason from batch where status = 'held' order by id;

-- name: rejected_since(at)
-- Those that a person discarded were held before, and that notice ends instead.
select id, file, source, reason from batch
 where status in ('rejected', 'stale') and decided_at >= :at and not exists (select 1 from notice n where n.subject = batch.id)
 order by decided_at, id;

-- name: listed(now, state, limit)
select * from notice
 where at <= :now
   and (:state = '' or (:state = 'open' and ended_at is null) or (:state = 'over' and ended_at is not null) or (:state = 'unsent' and sent_at is null))
 order by at desc, id desc limit :limit;
