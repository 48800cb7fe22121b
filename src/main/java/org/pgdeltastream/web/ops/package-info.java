/** What programs and operators are told of this one: metrics, settings, descriptions of the API. */
@NullMarked
package org.pgdeltastream.web.ops;

import org.jspecify.annotations.NullMarked;
