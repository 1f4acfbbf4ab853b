-- Pairs of numbers that callers keyed. Whom a pair means is core/telephony/self_service's.

-- name: turn(id, turn)^
select * from self_service where id = :id and turn = :turn;

-- name: matched(id)^
select * from self_service where id = :id and matched = 1 order by turn desc limit 1;

-- name: wrong(caller, since)^
-- Of this number, and of all.
select coalesce(sum(caller = :caller), 0) as of_number, count(*) as of_all from self_service where matched = 0 and at > :since;

-- name: wrong_by_number(since)
select caller, count(*) as count from self_service where matched = 0 and at > :since group by caller order by caller;

-- name: candidates(companies, debtor_no, item_no)
-- Open items of these companies whose numbers hold these last digits, in this order: more than are meant, never fewer.
select company, debtor_no, item_no from item
 where company in (select value from json_each(:companies)) and state = 'open' and open_amount > 0
   and debtor_no like :debtor_no and item_no like :item_no;

-- name: note(id, turn, at, called, caller, matched, company, debtor_no, item_no)!
insert into self_service (id, turn, at, called, caller, matched, company, debtor_no, item_no)
values (:id, :turn, :at, :called, :caller, :matched, :company, :debtor_no, :item_no);

-- name: serve(id, turn, served)!
update self_service set served = :served where id = :id and turn = :turn;

-- name: is_served(id, company, debtor_no)$
select exists (select 1 from self_service where id = :id and served <> '' and company = :company and debtor_no = :debtor_no);

-- name: called_back(company, debtor_no, since)^
-- The first time that we promised by these keys to call this debtor, and our last call that went out to it.
select (select min(at) from self_service
         where company = :company and debtor_no = :debtor_no and matched = 1 and served = '3' and at > :since) as asked_at,
       (select max(dialled_at) from attempt where company = :company and debtor_no = :debtor_no and dialled_at is not null) as called_at;

-- name: forget(before, most)!
delete from self_service
 where at < :before or rowid in (select rowid from self_service order by at desc, id limit -1 offset :most);
