/*
 * loop/stack.h - machine stacks and the switch between them; only task.c uses it.
 *
 * ucontext makes a stack once, sigsetjmp/siglongjmp switch (the technique of QEMU's coroutine-ucontext): no
 * system call in a switch.  Each switch is announced to ASan and TSan.
 * Thread: a stack stays on one thread while it is suspended half-way.
 */
#ifndef SW_LOOP_STACK_H
#define SW_LOOP_STACK_H

#include <setjmp.h>
#include <stddef.h>

/* gcc says it by a macro, clang by a feature. */
#ifdef __has_feature
#define SW_HAS_FEATURE(feature) __has_feature(feature)
#else
#define SW_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || SW_HAS_FEATURE(address_sanitizer)
#define SW_ASAN 1
#else
#define SW_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || SW_HAS_FEATURE(thread_sanitizer)
#define SW_TSAN 1
#else
#define SW_TSAN 0
#endif

struct sw_stack {
	sigjmp_buf env;
	void *map; /* NULL: the thread's own stack */
	size_t map_bytes;
	struct sw_stack *from; /* who switched here last */
	void (*run)(void *arg);
	void *arg;
	/* What the sanitizers and valgrind want to know. */
	void *asan_fake, *tsan_fiber;
	unsigned valgrind_id;
	const void *bottom;
	size_t bytes;
};

/** Unmap; the stack must not be running. */
void sw_stack_done(struct sw_stack *stack);
/** Map a stack with a guard page below; the first switch to it calls run(arg), which must not return. */
void sw_stack_init(struct sw_stack *stack, struct sw_stack *current, size_t bytes, void (*run)(void *arg), void *arg);
/** Leave `current` here and go on in `to`; returns when somebody switches back. */
void sw_stack_switch(struct sw_stack *current, struct sw_stack *to);

#endif
