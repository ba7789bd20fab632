from django.db import migrations

# Of each course's newest published version; kinds other than the notebook did not exist yet.
FILL = """
UPDATE courses_course AS course SET practice = found.practice
FROM (
  SELECT version.course_id,
    CASE WHEN bool_or(coalesce((unit.content ->> 'simulator')::boolean, false)) THEN 'simulator' ELSE 'cpu' END AS practice
  FROM courses_unit AS unit
  JOIN (
    SELECT DISTINCT ON (course_id) id, course_id FROM courses_courseversion
    WHERE status = 'published' ORDER BY course_id, number DESC
  ) AS version ON version.id = unit.version_id
  WHERE unit.kind = 'notebook'
  GROUP BY version.course_id
) AS found
WHERE found.course_id = course.id
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_course_practice")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
