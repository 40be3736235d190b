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
 * Events that tell what tables do not: what is gone, and what was recomputed with an old time.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

// Not internal: an observer runs once the change is committed, so the time it notes is not too early.
$observers = array_map(
    fn(string $event): array => [
        'eventname' => '\core\event\\' . $event,
        'callback' => '\local_thaksa\observer::' . $event,
        'internal' => false,
    ],
    [
        'course_completed',
        'course_completion_updated',
        'course_content_deleted',
        'course_deleted',
        'course_reset_ended',
        'course_restored',
        'user_deleted',
        'user_enrolment_deleted',
    ]
);
