/* Fortified longjmp refuses to jump to another stack, which is all this file does. */
#undef _FORTIFY_SOURCE
#include "loop/stack.h"

#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/err.h"

#if SW_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if SW_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

/* Valgrind takes a jump of the stack pointer for a huge frame unless it knows the stacks. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

void sw_stack_done(struct sw_stack *stack)
{
	if (!stack->map)
		return;
	VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
#if SW_ASAN
	/* The next mapping at this place must not inherit the red zones of frames that never returned. */
	__asan_unpoison_memory_region(stack->map, stack->map_bytes);
#endif
#if SW_TSAN
	__tsan_destroy_fiber(stack->tsan_fiber);
#endif
	munmap(stack->map, stack->map_bytes);
	stack->map = NULL;
}

static inline void announce_leave(struct sw_stack *current, struct sw_stack *to)
{
	to->from = current;
#if SW_ASAN
	__sanitizer_start_switch_fiber(&current->asan_fake, to->bottom, to->bytes);
#endif
#if SW_TSAN
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
}

static inline void announce_arrival(struct sw_stack *self)
{
#if SW_ASAN
	/* Learns the bounds of the stack left behind: a thread's own stack is not known otherwise. */
	__sanitizer_finish_switch_fiber(self->asan_fake, &self->from->bottom, &self->from->bytes);
#endif
	(void)self;
}

static inline void know_fiber(struct sw_stack *current)
{
#if SW_TSAN
	if (!current->map)
		current->tsan_fiber = __tsan_get_current_fiber();
#endif
	(void)current;
}

__attribute__((noinline)) void sw_stack_switch(struct sw_stack *current, struct sw_stack *to)
{
	know_fiber(current);
	if (sigsetjmp(current->env, 0) == 0) {
		announce_leave(current, to);
		siglongjmp(to->env, 1);
	}
	announce_arrival(current);
}

/* Entered by setcontext: marks the place where later switches come in, goes back, and is then entered for good. */
static void first_entry(unsigned high, unsigned low)
{
	struct sw_stack *self = (struct sw_stack *)((uintptr_t)high << 32 | (uintptr_t)low);
	announce_arrival(self);
	if (sigsetjmp(self->env, 0) == 0) {
		struct sw_stack *maker = self->from;
		announce_leave(self, maker);
		siglongjmp(maker->env, 1);
	}
	announce_arrival(self);
	self->run(self->arg);
	SW_BUG_ON(1);
}

static void enter_new(struct sw_stack *stack, struct sw_stack *current)
{
	ucontext_t context;
	SW_BUG_ON(getcontext(&context) != 0);
	context.uc_stack.ss_sp = (void *)(uintptr_t)stack->bottom;
	context.uc_stack.ss_size = stack->bytes;
	context.uc_link = NULL;
	uintptr_t self = (uintptr_t)stack;
	makecontext(&context, (void (*)(void))first_entry, 2, (unsigned)(self >> 32), (unsigned)self);
	know_fiber(current);
	if (sigsetjmp(current->env, 0) == 0) {
		announce_leave(current, stack);
		setcontext(&context);
		SW_BUG_ON(1);
	}
	announce_arrival(current);
}

void sw_stack_init(struct sw_stack *stack, struct sw_stack *current, size_t bytes, void (*run)(void *arg), void *arg)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	*stack = (struct sw_stack){ .run = run, .arg = arg, .map_bytes = bytes + guard, .bytes = bytes };
	stack->map = mmap(NULL, stack->map_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	SW_BUG_ON(stack->map == MAP_FAILED);
	SW_BUG_ON(mprotect(stack->map, guard, PROT_NONE) != 0);
	stack->bottom = (char *)stack->map + guard;
	stack->valgrind_id = (unsigned)VALGRIND_STACK_REGISTER(stack->bottom, (const char *)stack->bottom + bytes);
#if SW_TSAN
	stack->tsan_fiber = __tsan_create_fiber(0);
#endif
	enter_new(stack, current);
}
