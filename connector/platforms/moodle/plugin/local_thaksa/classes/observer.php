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
 * Notes events in the change log.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

use core\event;

/**
 * One function an event of db/events.php.
 */
class observer {
    /**
     * Completions may be recomputed long after the time that they carry: by cron, and after "Unlock and delete".
     *
     * @param event\course_completed $event
     */
    public static function course_completed(event\course_completed $event): void {
        change_log::add(change_log::TOUCHED, $event->courseid, $event->relateduserid);
    }

    /**
     * Saving the completion settings of a course deletes all its completions.
     *
     * @param event\course_completion_updated $event
     */
    public static function course_completion_updated(event\course_completion_updated $event): void {
        change_log::add(change_log::COMPLETION, $event->courseid, 0);
    }

    /**
     * A course is deleted, or emptied before something is restored into it.
     *
     * @param event\course_content_deleted $event
     */
    public static function course_content_deleted(event\course_content_deleted $event): void {
        change_log::add(change_log::COMPLETION, $event->objectid, 0);
    }

    /**
     * A course is deleted.
     *
     * @param event\course_deleted $event
     */
    public static function course_deleted(event\course_deleted $event): void {
        change_log::forget_course($event->objectid);
        change_log::add(change_log::COURSE, $event->objectid, 0);
    }

    /**
     * A course is reset, with or without its completions.
     *
     * @param event\course_reset_ended $event
     */
    public static function course_reset_ended(event\course_reset_ended $event): void {
        $options = $event->other['reset_options'];
        $kind = empty($options['reset_completion']) ? change_log::TOUCHED : change_log::COMPLETION;
        change_log::add($kind, $event->courseid, 0);
    }

    /**
     * Restored enrolments and completions carry their old times.
     *
     * @param event\course_restored $event
     */
    public static function course_restored(event\course_restored $event): void {
        change_log::add(change_log::TOUCHED, $event->objectid, 0);
    }

    /**
     * A user is deleted.
     *
     * @param event\user_deleted $event
     */
    public static function user_deleted(event\user_deleted $event): void {
        change_log::add(change_log::USER, 0, $event->objectid);
    }

    /**
     * A learner is unenrolled.
     *
     * @param event\user_enrolment_deleted $event
     */
    public static function user_enrolment_deleted(event\user_enrolment_deleted $event): void {
        change_log::add(change_log::ENROLMENT, $event->courseid, $event->relateduserid);
    }
}
