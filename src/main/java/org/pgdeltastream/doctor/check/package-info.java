/** The doctor's checks: from facts to findings. */
@NullMarked
package org.pgdeltastream.doctor.check;

import org.jspecify.annotations.NullMarked;
