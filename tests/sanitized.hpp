#pragma once

// Whether this is a build with a sanitizer. Its programs need more memory and more of the system
// than those that are shipped, and look for what they have lost at their end; ThreadSanitizer's
// start a thread of its own before all else.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OPS_ADDRESS_SANITIZER
#endif
#if __has_feature(thread_sanitizer)
#define OPS_THREAD_SANITIZER
#endif
#endif

#if defined(__SANITIZE_THREAD__) || defined(OPS_THREAD_SANITIZER)
inline constexpr bool is_thread_sanitized = true;
#else
inline constexpr bool is_thread_sanitized = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(OPS_ADDRESS_SANITIZER)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = is_thread_sanitized;
#endif
