"""What people see: Thai pages, the report API, and the SELECTs behind both."""
