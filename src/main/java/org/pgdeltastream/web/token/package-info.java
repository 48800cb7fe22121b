/** Tokens that an issuer signs (JWT): which are taken, and what they say; which are revoked. */
@NullMarked
package org.pgdeltastream.web.token;

import org.jspecify.annotations.NullMarked;
