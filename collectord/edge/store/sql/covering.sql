-- Which lists are complete for items that other sources opened. A row without numbers is about every debtor of the company.

-- name: forget(covered_by, companies)!
delete from covering
 where covered_by = :covered_by
   and ('*' in (select value from json_each(:companies)) or company in (select value from json_each(:companies)));

-- name: add()*!
insert into covering (company, source, covered_by, from_no, to_no) values (?, ?, ?, ?, ?) on conflict do nothing;

-- name: drop_abandoned(covered_by)!
-- A list that covered the same as this one, and that has nothing open there any more, was replaced by it.
delete from covering
 where covered_by <> :covered_by
   and exists (select 1 from covering mine
                where mine.covered_by = :covered_by and mine.company = covering.company and mine.source = covering.source
                  and (mine.from_no = '' or covering.from_no = ''
                       or (length(mine.from_no) = length(covering.from_no) and mine.from_no <= covering.to_no and covering.from_no <= mine.to_no)))
   and not exists (select 1 from item i where i.source = covering.covered_by and i.state = 'open' and i.company = covering.company);

-- name: lists(source, company)
select distinct covered_by from covering where source = :source and company = :company order by covered_by;

-- name: lists_anywhere(source)
select distinct covered_by from covering where source = :source order by covered_by;
