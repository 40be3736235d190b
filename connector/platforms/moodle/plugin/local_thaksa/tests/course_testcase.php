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
 * A course with learners, for the tests.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

use core_external\external_api;

defined('MOODLE_INTERNAL') || die();

global $CFG;
require_once($CFG->libdir . '/completionlib.php');
require_once($CFG->dirroot . '/completion/criteria/completion_criteria_activity.php');
require_once(__DIR__ . '/../compat.php');

/**
 * A course with two activities, both needed for its completion, and the account of a connector.
 */
abstract class course_testcase extends \advanced_testcase {
    /** @var \stdClass */
    protected $course;

    /** @var \stdClass[] */
    protected $modules = [];

    protected function setUp(): void {
        parent::setUp();
        $this->resetAfterTest();
        // Observers that are not internal wait for the end of the transaction around a test.
        $this->preventResetByRollback();
        set_config('enablecompletion', 1);
        $generator = $this->getDataGenerator();
        $this->course = $generator->create_course(['enablecompletion' => 1, 'fullname' => 'A & B']);
        for ($i = 0; $i < 2; $i++) {
            $this->modules[] = $generator->create_module('page', ['course' => $this->course->id,
                'completion' => COMPLETION_TRACKING_MANUAL]);
        }
        $this->set_criteria();
        $this->setUser($this->connector());
    }

    /**
     * Sets the completion criteria, as the form does.
     */
    protected function set_criteria(): void {
        $cmids = array_map(fn(\stdClass $module): int => $module->cmid, $this->modules);
        $settings = (object)['id' => $this->course->id, 'criteria_activity' => array_fill_keys($cmids, 1)];
        (new \completion_criteria_activity())->update_config($settings);
    }

    /**
     * An account with the rights that a connector needs.
     *
     * @return \stdClass
     */
    protected function connector(): \stdClass {
        $account = $this->getDataGenerator()->create_user();
        $role = $this->getDataGenerator()->create_role();
        foreach (['local/thaksa:read', 'moodle/course:view', 'moodle/course:viewhiddencourses'] as $capability) {
            assign_capability($capability, CAP_ALLOW, $role, \context_system::instance());
        }
        role_assign($role, $account->id, \context_system::instance());
        return $account;
    }

    /**
     * A learner who has completed some of the activities.
     *
     * @param int $done
     * @return int user id
     */
    protected function learner(int $done): int {
        $id = $this->getDataGenerator()->create_and_enrol($this->course, 'student')->id;
        $this->complete($id, $done);
        return $id;
    }

    /**
     * Completes the first activities for a learner.
     *
     * @param int $userid
     * @param int $done
     */
    protected function complete(int $userid, int $done): void {
        $info = new \completion_info($this->course);
        foreach (array_slice($this->modules, 0, $done) as $module) {
            $cm = get_coursemodule_from_id('page', $module->cmid);
            $info->update_state($cm, COMPLETION_COMPLETE, $userid);
        }
    }

    /**
     * Everything happened some days ago.
     *
     * @param int $days
     */
    protected function age(int $days): void {
        global $DB;
        $columns = ['course_completions' => ['timecompleted', 'timestarted'], 'enrol' => ['timemodified'],
            'course_modules_completion' => ['timemodified'], 'user_enrolments' => ['timecreated', 'timemodified'],
            'user' => ['timemodified'], 'course' => ['timemodified'], change_log::TABLE => ['timechanged']];
        foreach ($columns as $table => $names) {
            foreach ($names as $name) {
                $DB->execute("UPDATE {{$table}} SET $name = $name - ? WHERE $name > 0", [$days * DAYSECS]);
            }
        }
        \cache::make('core', 'coursecompletion')->purge();
        \cache::make('core', 'completion')->purge();
    }

    /**
     * The answer of a web service, checked as the server checks it.
     *
     * @param string $class
     * @param mixed ...$params
     * @return array
     */
    protected function answer(string $class, ...$params): array {
        return external_api::clean_returnvalue($class::execute_returns(), $class::execute(...$params));
    }
}
