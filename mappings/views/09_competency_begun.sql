-- The state of what is begun: 1 in progress, 2 complete; and where it is complete which statement, under which
-- mapping, at what level and when, else null.
select
  f.batch as batch,
  f.person_id as person_id,
  f.competency_id as competency_id,
  case when f.proof is not null then 2 else 1 end as state,
  cast(substr(f.proof, 2, 18) as bigint) - 200000000000000000 as completed_at,
  cast(substr(f.proof, 1, 1) as smallint) as level,
  cast(substr(f.proof, 20, 13) as bigint) - 1000000000000 as seq,
  cast(substr(f.proof, 33, 10) as bigint) - 1000000000 as mapping_id
from competency_first f
