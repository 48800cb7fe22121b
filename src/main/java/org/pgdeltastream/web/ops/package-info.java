/** What monitoring programs are shown. */
@NullMarked
package org.pgdeltastream.web.ops;

import org.jspecify.annotations.NullMarked;
