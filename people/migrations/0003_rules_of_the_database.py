"""Rules that a constraint cannot state: the tree has no cycles and knows its paths; dated rows do not overlap."""

from django.db import migrations

PLACE = """
CREATE FUNCTION people_place_unit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above people_organizationunit%ROWTYPE;
BEGIN
  -- Two moves at once could each be free of cycles and together make one: one after the other.
  PERFORM pg_advisory_xact_lock(hashtext('people_organizationunit'));
  IF NEW.parent_id IS NOT NULL THEN
    SELECT * INTO above FROM people_organizationunit WHERE id = NEW.parent_id;
    IF NEW.id = ANY (above.path) THEN
      RAISE EXCEPTION 'unit % would be below itself', NEW.code
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tree_has_no_cycles';
    END IF;
  END IF;
  NEW.path := coalesce(above.path, '{}') || NEW.id;
  NEW.affiliate_id := CASE WHEN NEW.kind = 'affiliate' THEN NEW.id ELSE above.affiliate_id END;
  RETURN NEW;
END $$;

CREATE FUNCTION people_place_units_below() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE people_organizationunit SET parent_id = parent_id WHERE parent_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER people_place_unit BEFORE INSERT OR UPDATE OF parent_id, kind ON people_organizationunit
  FOR EACH ROW EXECUTE FUNCTION people_place_unit();
CREATE TRIGGER people_place_units_below AFTER UPDATE ON people_organizationunit
  FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path OR OLD.affiliate_id IS DISTINCT FROM NEW.affiliate_id)
  EXECUTE FUNCTION people_place_units_below();
"""
UNPLACE = """
DROP TRIGGER people_place_units_below ON people_organizationunit;
DROP TRIGGER people_place_unit ON people_organizationunit;
DROP FUNCTION people_place_units_below();
DROP FUNCTION people_place_unit();
"""
# An exclusion constraint would need the extension btree_gist, which the embedded PostgreSQL lacks.
OVERLAP = """
CREATE FUNCTION people_one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE clash boolean;
BEGIN
  PERFORM 1 FROM people_person WHERE id = NEW.person_id FOR NO KEY UPDATE;
  EXECUTE format(
    'SELECT EXISTS (SELECT 1 FROM %I t WHERE t.person_id = $1 AND t.id <> $2 AND %s
       AND daterange(t.starts_on, t.ends_on, ''[]'') && daterange($3, $4, ''[]''))', TG_TABLE_NAME, TG_ARGV[1])
    USING NEW.person_id, NEW.id, NEW.starts_on, NEW.ends_on INTO clash;
  IF clash THEN
    RAISE EXCEPTION 'overlapping dates in %', TG_TABLE_NAME
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = TG_ARGV[0];
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER people_one_primary_employment AFTER INSERT OR UPDATE ON people_employment
  FOR EACH ROW WHEN (NEW."primary")
  EXECUTE FUNCTION people_one_at_a_time('one_primary_employment_at_a_time', 't."primary"');
CREATE TRIGGER people_one_leave AFTER INSERT OR UPDATE ON people_leave
  FOR EACH ROW EXECUTE FUNCTION people_one_at_a_time('one_leave_at_a_time', 'true');
"""
UNOVERLAP = """
DROP TRIGGER people_one_leave ON people_leave;
DROP TRIGGER people_one_primary_employment ON people_employment;
DROP FUNCTION people_one_at_a_time();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_people_of_a_group")]
    operations = [migrations.RunSQL(PLACE, UNPLACE), migrations.RunSQL(OVERLAP, UNOVERLAP)]
