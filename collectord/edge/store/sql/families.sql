-- Head offices and branches. Which head office counts is core/receivables/families'.

-- name: every_link()
select company, debtor_no, head_office from head_office_link order by company, debtor_no;

-- name: link_of(company, debtor_no)^
select head_office from head_office_link where company = :company and debtor_no = :debtor_no;

-- name: links_to(company, head_office)
-- In no order, and as a range of one: else SQLite finds no way to the index of those who have a head office, and reads all debtors.
select debtor_no from head_office_link where company = :company and head_office >= :head_office and head_office <= :head_office;

-- name: is_known(company, debtor_no)^
select 1 as yes where exists (select 1 from exported_debtor where company = :company and debtor_no = :debtor_no)
    or exists (select 1 from master where company = :company and debtor_no = :debtor_no);

-- name: has_item(company, debtor_no, item_no)^
select 1 as yes from item where company = :company and debtor_no = :debtor_no and item_no = :item_no;
