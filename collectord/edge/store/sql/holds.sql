-- What beyond the ledger holds ladders: recorded facts, open promises, live tasks that no ladder made. All as known at :now;
-- one debtor, or everybody when :debtor_no is null.

-- name: holding_facts(now, debtor_no, company)
select * from fact
 where kind in ('do_not_call', 'legal_state', 'dispute', 'objection', 'grace') and at <= :now and (revoked_at is null or revoked_at > :now)
   and (:debtor_no is null or (company = :company and debtor_no = :debtor_no))
 order by at, id;

-- name: open_promises(now, debtor_no, company)
-- One that waits for a lead holds until that one's time is over, at the latest.
select company, debtor_no, max(case when decide_until < grace_until then decide_until else grace_until end) as until_on,
       max(case when approval = 'pending' then 1 else 0 end) as pending
  from promise
 where made_at <= :now and (state = 'open' or judged_at > :now)
   and (:debtor_no is null or (company = :company and debtor_no = :debtor_no))
 group by company, debtor_no;

-- name: appointments(now, debtor_no, company)
select company, debtor_no, min(not_before) as at from task
 where origin in ('callback', 'promise') and state in ('planned', 'ready', 'leased', 'in_call') and created_at <= :now
   and (:debtor_no is null or (company = :company and debtor_no = :debtor_no))
 group by company, debtor_no;
