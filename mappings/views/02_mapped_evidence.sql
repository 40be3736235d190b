-- Evidence that an approved mapping, in force on the day asked and recorded by the time of knowledge,
-- accepts: its verb (complete or progress), its worst level, and for completions its least score.
-- part_id is the course that it is about: the mapping's own, or one of several that the mapping asks for.
select
  e.batch as batch,
  e.person_id as person_id,
  m.course_id as course_id,
  m.id as mapping_id,
  m.part_count as part_count,
  q.course_id as part_id,
  w.criterion as criterion,
  e.level as level,
  e.happened_at as happened_at,
  e.seq as seq
from learner_evidence e
cross join course_alias n
cross join mapping_part q
cross join mapping m
cross join framework_term f
cross join mapping_verb w
where n.activity_iri = e.activity_iri
  and n.recorded_at <= e.known_at
  and (n.ended_at is null or n.ended_at > e.known_at)
  and n.valid_from <= e.as_of_day
  and (n.valid_to is null or n.valid_to >= e.as_of_day)
  and q.course_id = n.course_id
  and m.id = q.mapping_id
  and m.status = 'approved'
  and m.recorded_at <= e.known_at
  and (m.ended_at is null or m.ended_at > e.known_at)
  and m.valid_from <= e.as_of_day
  and (m.valid_to is null or m.valid_to >= e.as_of_day)
  and e.level <= m.level_at_most
  and f.framework_id = m.framework_id
  and f.recorded_at <= e.known_at
  and (f.superseded_at is null or f.superseded_at > e.known_at)
  and f.valid_from <= e.as_of_day
  and (f.valid_to is null or f.valid_to >= e.as_of_day)
  and w.mapping_id = m.id
  and w.verb_iri = e.verb_iri
  and (
    w.criterion = 'progress'
    or (
      w.criterion = 'complete'
      and e.completion
      and e.success
      and (m.score_at_least is null or e.score_scaled >= m.score_at_least)
    )
  )
