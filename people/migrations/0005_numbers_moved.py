"""Employee numbers have a table of their own now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0004_fill_standing")]
    operations = [migrations.RemoveField(model_name="employment", name="employee_number")]
