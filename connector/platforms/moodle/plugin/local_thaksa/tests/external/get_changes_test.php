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
 * Tests of local_thaksa_get_changes.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa\external;

use local_thaksa\course_testcase;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../course_testcase.php');

/**
 * What changed since a time.
 *
 * @covers \local_thaksa\external\get_changes
 */
final class get_changes_test extends course_testcase {
    public function test_first_reading_tells_every_learner(): void {
        $complete = $this->learner(2);
        $half = $this->learner(1);
        $suspended = $this->learner(0);
        $this->getDataGenerator()->enrol_user($suspended, $this->course->id, 'student', 'manual', 0, 0, ENROL_USER_SUSPENDED);
        $gone = $this->learner(2);
        enrol_get_plugin('manual')->unenrol_user($this->instance(), $gone);
        $answer = $this->answer(get_changes::class, 0);
        $rows = array_column($answer['rows'], null, 'userid');

        $this->assertSame([$complete, $half, $suspended, $gone], array_keys($rows));
        $this->assertSame(['active', true, 100.0, 2], $this->fields($rows[$complete]));
        $this->assertSame(['active', false, 50.0, 1], $this->fields($rows[$half]));
        $this->assertSame(['suspended', null, null, 0], $this->fields($rows[$suspended]));
        $this->assertSame('none', $rows[$gone]['status']);
        $this->assertTrue($rows[$gone]['completed']);
        $this->assertSame([], $answer['gone']);
        $this->assertSame('', $answer['next']);
        $this->assertSame('A &amp; B', $answer['courses'][0]['fullname']);
        $this->assertSame([true, 2], [$answer['courses'][0]['hascriteria'], $answer['courses'][0]['activities']]);
    }

    public function test_progress_is_what_core_tells(): void {
        foreach ([0, 1, 2] as $done) {
            $user = $this->learner($done);
            $row = array_column($this->answer(get_changes::class, 0)['rows'], null, 'userid')[$user];
            $this->assertEquals(
                \core_completion\progress::get_course_progress_percentage($this->course, $user),
                $row['progress']
            );
        }
    }

    public function test_pages_tell_what_one_page_tells(): void {
        foreach ([2, 1, 0, 2, 1] as $done) {
            $this->learner($done);
        }
        $other = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        $this->getDataGenerator()->create_and_enrol($other, 'student');
        $whole = $this->answer(get_changes::class, 0, '', 5000, [], ['activities' => true]);
        foreach ([1, 2, 3] as $limit) {
            $rows = $activities = [];
            $after = '';
            do {
                $page = $this->answer(get_changes::class, 0, $after, $limit, [], ['activities' => true]);
                $this->assertLessThanOrEqual($limit, count($page['rows']) + count($page['activities']));
                $this->assertSame([], array_diff(array_column($page['rows'], 'userid'), array_column($page['users'], 'id')));
                $rows = array_merge($rows, $page['rows']);
                $activities = array_merge($activities, $page['activities']);
                $after = $page['next'];
            } while ($after !== '');
            $this->assertSame([$whole['rows'], $whole['activities']], [$rows, $activities]);
        }
        $this->assertCount(6, $whole['rows']);
        $this->assertCount(6, $whole['activities']);
    }

    public function test_later_reading_tells_only_what_changed(): void {
        $first = $this->learner(1);
        $this->learner(2);
        $this->age(10);
        $since = time() - DAYSECS;
        $idle = $this->answer(get_changes::class, $since, '', 5000, [], ['activities' => true]);
        $this->assertSame([[], [], [], []], [$idle['rows'], $idle['users'], $idle['courses'], $idle['activities']]);
        $this->assertSame([], $idle['gone']);

        $this->complete($first, 2);
        $changed = $this->answer(get_changes::class, $since);
        $this->assertSame([$first], array_column($changed['rows'], 'userid'));
        $this->assertTrue($changed['rows'][0]['completed']);
        $this->assertLessThanOrEqual(time() - 300, $changed['until']);
    }

    public function test_completion_with_an_old_time_is_told(): void {
        $user = $this->learner(1);
        $this->age(10);
        $old = time() - 9 * DAYSECS;
        $sink = $this->redirectMessages();
        (new \completion_completion(['userid' => $user, 'course' => $this->course->id]))->mark_complete($old);
        $sink->close();
        $rows = $this->answer(get_changes::class, time() - DAYSECS)['rows'];
        $this->assertSame([[$user, $old]], [[$rows[0]['userid'], $rows[0]['timecompleted']]]);
    }

    public function test_enrolment_that_ends_by_its_date_is_told(): void {
        $user = $this->learner(0);
        $this->age(10);
        global $DB;
        $DB->set_field('user_enrolments', 'timeend', time() - 60, ['userid' => $user]);
        $rows = $this->answer(get_changes::class, time() - HOURSECS)['rows'];
        $this->assertSame([['ended', null]], [[$rows[0]['status'], $rows[0]['completed']]]);
    }

    public function test_deletions_are_told(): void {
        global $DB;
        $unenrolled = $this->learner(0);
        $deleted = $this->learner(2);
        $stays = $this->learner(2);
        $other = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        $this->age(10);
        enrol_get_plugin('manual')->unenrol_user($this->instance(), $unenrolled);
        delete_user($DB->get_record('user', ['id' => $deleted]));
        (new \completion_info($this->course))->delete_course_completion_data();
        \core\event\course_completion_updated::create([
            'courseid' => $this->course->id,
            'context' => \context_course::instance($this->course->id),
        ])->trigger();
        delete_course($other->id, false);

        $answer = $this->answer(get_changes::class, time() - DAYSECS);
        $gone = array_map(fn(array $row): array => [$row['kind'], $row['courseid'], $row['userid']], $answer['gone']);
        $this->assertContains(['enrolment', (int)$this->course->id, (int)$unenrolled], $gone);
        $this->assertContains(['completion', (int)$this->course->id, 0], $gone);
        $this->assertContains(['user', 0, (int)$deleted], $gone);
        $this->assertContains(['course', (int)$other->id, 0], $gone);
        $rows = array_column($answer['rows'], null, 'userid');
        $this->assertSame('none', $rows[$unenrolled]['status']);
        $this->assertSame([true, false], [isset($rows[$stays]), $rows[$stays]['completed']]);
        $this->assertArrayNotHasKey($deleted, $rows);
        $users = array_column($answer['users'], null, 'id');
        $this->assertSame([true, ''], [$users[$deleted]['deleted'], $users[$deleted]['email']]);
    }

    public function test_changed_users_and_courses_are_told(): void {
        global $DB;
        $user = $this->learner(2);
        $this->age(10);
        $DB->update_record('user', ['id' => $user, 'email' => 'new@example.org', 'timemodified' => time()]);
        update_course((object)['id' => $this->course->id, 'fullname' => 'Renamed']);
        $answer = $this->answer(get_changes::class, time() - DAYSECS);
        $this->assertSame([], $answer['rows']);
        $this->assertSame(['new@example.org'], array_column($answer['users'], 'email'));
        $this->assertSame(['Renamed'], array_column($answer['courses'], 'fullname'));
    }

    public function test_final_grade_is_told_unless_hidden(): void {
        global $CFG, $DB;
        require_once($CFG->libdir . '/gradelib.php');
        $user = $this->learner(0);
        $item = \grade_item::fetch_course_item($this->course->id);
        $item->update_final_grade($user, 25.0);
        $row = $this->answer(get_changes::class, 0)['rows'][0];
        $this->assertSame([25.0, 0.0, 100.0, 0.25], [$row['grade'], $row['grademin'], $row['grademax'], $row['gradescaled']]);
        $DB->set_field('grade_items', 'hidden', 1, ['id' => $item->id]);
        $this->assertNull($this->answer(get_changes::class, 0)['rows'][0]['grade']);
    }

    public function test_courses_without_tracking_or_access_are_not_told(): void {
        $this->learner(2);
        $untracked = $this->getDataGenerator()->create_course(['enablecompletion' => 0]);
        $this->getDataGenerator()->create_and_enrol($untracked, 'student');
        $closed = $this->getDataGenerator()->create_course(['enablecompletion' => 1]);
        $this->getDataGenerator()->create_and_enrol($closed, 'student');
        $roles = get_roles_with_capability('local/thaksa:read', CAP_ALLOW);
        assign_capability('moodle/course:view', CAP_PROHIBIT, key($roles), \context_course::instance($closed->id));
        accesslib_clear_all_caches_for_unit_testing();
        foreach ([[], [$this->course->id, $untracked->id, $closed->id]] as $wanted) {
            $answer = $this->answer(get_changes::class, 0, '', 5000, $wanted);
            $this->assertSame([(int)$this->course->id], array_column($answer['courses'], 'id'));
            $this->assertCount(1, $answer['rows']);
        }
    }

    public function test_the_capability_is_needed(): void {
        $this->setUser($this->getDataGenerator()->create_user());
        $this->expectException(\required_capability_exception::class);
        get_changes::execute(0);
    }

    public function test_parameters_are_checked(): void {
        foreach ([[-1], [0, 'x'], [0, 'rows-1-2-3'], [0, '', 0], [0, '', 5001]] as $params) {
            try {
                get_changes::execute(...$params);
                $this->fail(json_encode($params));
            } catch (\invalid_parameter_exception $exception) {
                $this->assertStringContainsString('Invalid parameter', $exception->getMessage());
            }
        }
    }

    /**
     * What tells how far a learner is.
     *
     * @param array $row
     * @return array
     */
    private function fields(array $row): array {
        return [$row['status'], $row['completed'], $row['progress'], $row['done']];
    }

    /**
     * The manual enrolment method of the course.
     *
     * @return \stdClass
     */
    private function instance(): \stdClass {
        global $DB;
        return $DB->get_record('enrol', ['courseid' => $this->course->id, 'enrol' => 'manual'], '*', MUST_EXIST);
    }
}
