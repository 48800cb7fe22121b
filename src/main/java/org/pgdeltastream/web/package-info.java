/** Starts the application in its container. */
@NullMarked
package org.pgdeltastream.web;

import org.jspecify.annotations.NullMarked;
