"""Owns: the pages and commands with which people, groups, resources, roles and settings are administered.
Does not: have models, or change access by its own hand; what it decides, the apps below write.
Called by: its own pages, jobs and console commands; alerts for their fixes."""
