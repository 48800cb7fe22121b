/**
 * What all HTTP requests and answers have in common: parameters, bodies, media types, error
 * documents.
 */
@NullMarked
package org.pgdeltastream.web.http;

import org.jspecify.annotations.NullMarked;
