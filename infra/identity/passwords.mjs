import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text) => createHash('sha256').update(text).digest();
const NOBODY = digest('');

/** Whether `password` is the one of `user`; takes the same steps when there is no such user. */
export function isPassword(user, password) {
  const expected = user ? digest(user.password) : NOBODY;
  return timingSafeEqual(digest(password), expected) && user !== undefined;
}
