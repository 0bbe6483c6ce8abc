import type { Blocked } from '../ipc/contract';
import { type FailureCode, toFailure } from '../ipc/host';
import { m } from '../paraglide/messages.js';

const SENTENCES: Record<FailureCode, () => string> = {
  bad_request: m.error_bad_request,
  bad_text: m.error_bad_text,
  unknown_group: m.error_unknown_group,
  unknown_moment: m.error_unknown_moment,
  unknown_member: m.error_unknown_member,
  unknown_invite: m.error_unknown_invite,
  unknown_camera: m.error_unknown_camera,
  unknown_door: m.error_unknown_door,
  unknown_upload: m.error_unknown_upload,
  blocked: m.error_blocked,
  quota_used_up: m.error_quota_used_up,
  try_later: m.error_try_later,
  out_of_order: m.error_out_of_order,
  not_allowed: m.error_not_allowed,
  invite_malformed: m.error_invite_malformed,
  invite_too_new: m.error_invite_too_new,
  invite_expired: m.error_invite_expired,
  invite_used_up: m.error_invite_used_up,
  invite_revoked: m.error_invite_revoked,
  already_member: m.error_already_member,
  nobody_near: m.error_nobody_near,
  members_busy: m.error_members_busy,
  join_refused: m.error_join_refused,
  group_ended: m.error_group_ended,
  removed_from_group: m.error_removed_from_group,
  too_many_groups: m.error_too_many_groups,
  update_needed: m.error_update_needed,
  unknown_format: m.error_unknown_format,
  damaged_file: m.error_damaged_file,
  file_too_large: m.error_file_too_large,
  unreadable: m.error_unreadable,
  disk_full: m.error_disk_full,
  not_here: m.error_not_here,
  file_exists: m.error_file_exists,
  not_a_bundle: m.error_not_a_bundle,
  bundle_too_new: m.error_bundle_too_new,
  bundle_of_others: m.error_bundle_of_others,
  server_unreachable: m.error_server_unreachable,
  server_refused: m.error_server_refused,
  no_printer: m.error_no_printer,
  print_limit: m.error_print_limit,
  in_use: m.error_in_use,
  data_too_new: m.error_data_too_new,
  data_damaged: m.error_data_damaged,
  shutting_down: m.error_shutting_down,
  internal: m.error_internal,
  unreachable: m.error_unreachable,
  signed_out: m.error_signed_out,
  cancelled: m.error_cancelled,
  not_kept: m.error_not_kept,
  too_large_here: m.error_too_large_here,
};

/** What went wrong, in the reader's language. */
export function sentence(cause: unknown): string {
  const { code } = toFailure(cause);
  return (SENTENCES[code] ?? SENTENCES.internal)();
}

/** Why originals do not come, in words. */
export function whyWaits(blocked: Blocked): string {
  return { paused: m.blocked_paused, quota: m.blocked_quota, disk_low: m.blocked_disk_low, on_battery: m.blocked_on_battery }[blocked]();
}
