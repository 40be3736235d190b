<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

/**
 * Web service functions, and a service that is ready for a connector.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$functions = [
    'local_thaksa_get_changes' => [
        'classname' => 'local_thaksa\external\get_changes',
        'methodname' => 'execute',
        'description' => 'Completions, enrolments, users and courses that changed since a time.',
        'type' => 'read',
        'capabilities' => 'local/thaksa:read',
    ],
    'local_thaksa_get_totals' => [
        'classname' => 'local_thaksa\external\get_totals',
        'methodname' => 'execute',
        'description' => 'How many completions and enrolments each course has, with checksums.',
        'type' => 'read',
        'capabilities' => 'local/thaksa:read',
    ],
];

$services = [
    'Thaksa' => [
        'functions' => [
            'core_badges_get_user_badges',
            'core_completion_get_activities_completion_status',
            'core_completion_get_course_completion_status',
            'core_course_get_contents',
            'core_course_get_courses_by_field',
            'core_enrol_get_enrolled_users',
            'core_enrol_get_users_courses',
            'core_webservice_get_site_info',
            'gradereport_user_get_grade_items',
            'local_thaksa_get_changes',
            'local_thaksa_get_totals',
        ],
        'shortname' => 'thaksa',
        // Nobody may use it until an administrator names the account.
        'restrictedusers' => 1,
        'enabled' => 1,
        'downloadfiles' => 0,
        'uploadfiles' => 0,
    ],
];
