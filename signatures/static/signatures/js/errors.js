/** A file, a key or a signature that cannot be used; code is stable, pages translate by it. */
export class SigningError extends Error {
  name = "SigningError";

  constructor(message, code) {
    super(message);
    this.code = code;
  }
}
