-- Dunning blocks that accounting was asked for. Rows in, rows out: core/receivables/asked_blocks judges.

-- name: told(now, today, company, debtor_no)
-- Lines for accounting about items that are still open, of everybody of whom some block would still run; of one debtor, or of all.
select o.company, o.debtor_no, o.item_no, o.at, o.attempt_id, o.dunning_block_until, o.exported_in <> '' as written
  from outcome o
 where o.item_no <> '' and o.at <= :now and (:debtor_no is null or (o.company = :company and o.debtor_no = :debtor_no))
   and exists (select 1 from outcome b
                where b.company = o.company and b.debtor_no = o.debtor_no and b.dunning_block_until >= :today and b.at <= :now)
 order by o.at, o.outcome_id, o.item_no;

-- name: told_by_master(company, debtor_no, today)^
-- The day of the master data that say something about the debtor's block, if any do.
select b.as_of from master m join batch b on b.id = m.batch_id
 where m.company = :company and m.debtor_no = :debtor_no and m.dunning_block_until is not null and b.as_of <= :today;
