/**
 * Vouches for admins whose accounts live elsewhere, e.g. on the Thinger.io platform. Attempts are throttled before
 * they come here, because the directory may lock an account after a few failures.
 */
export interface AdminDirectory {
  /**
   * Answers only for somebody who may manage this plugin, with the name that the directory knows them by; it can
   * differ from the name they typed. The password may be an access token of the account.
   * @throws FileServerError 'access-denied' for wrong credentials; 'too-many-attempts' when the directory limits or
   * locks the account; 'unsupported' when it needs a second factor, with a message that names the other ways in;
   * 'permission-denied' for a valid account that may not manage this plugin; 'unavailable' when the directory does
   * not answer, which never lets anybody in.
   */
  verify(username: string, password: string): Promise<{ username: string }>
}
