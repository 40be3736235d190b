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
 * Tests of the privacy provider.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa\privacy;

use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use local_thaksa\change_log;

/**
 * Export and deletion of the change log.
 *
 * @covers \local_thaksa\privacy\provider
 */
final class provider_test extends \core_privacy\tests\provider_testcase {
    public function test_changes_are_exported_and_deleted(): void {
        global $DB;
        $this->resetAfterTest();
        $user = $this->getDataGenerator()->create_user();
        $other = $this->getDataGenerator()->create_user();
        $course = $this->getDataGenerator()->create_course();
        foreach ([$user, $other] as $one) {
            change_log::add(change_log::TOUCHED, $course->id, $one->id);
            change_log::add(change_log::USER, 0, $one->id);
        }
        $context = \context_course::instance($course->id);
        $contexts = provider::get_contexts_for_userid($user->id)->get_contextids();
        $this->assertEqualsCanonicalizing([$context->id, \context_system::instance()->id], $contexts);
        $userlist = new userlist($context, 'local_thaksa');
        provider::get_users_in_context($userlist);
        $this->assertEqualsCanonicalizing([$user->id, $other->id], $userlist->get_userids());

        $approved = new approved_contextlist($user, 'local_thaksa', $contexts);
        provider::export_user_data($approved);
        $path = [get_string('pluginname', 'local_thaksa')];
        $this->assertSame('touched', writer::with_context($context)->get_data($path)->changes[0]['kind']);

        provider::delete_data_for_user($approved);
        $this->assertSame(0, $DB->count_records(change_log::TABLE, ['userid' => $user->id]));
        $this->assertSame(2, $DB->count_records(change_log::TABLE, ['userid' => $other->id]));
        provider::delete_data_for_users(new approved_userlist($context, 'local_thaksa', [$other->id]));
        $this->assertSame(1, $DB->count_records(change_log::TABLE, ['userid' => $other->id]));
        provider::delete_data_for_all_users_in_context(\context_system::instance());
        $this->assertSame(0, $DB->count_records(change_log::TABLE, ['userid' => $other->id]));
    }
}
