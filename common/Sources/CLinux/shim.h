// What the event loop needs of Linux and Swift's Glibc module leaves out.
#pragma once
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// EPOLL_CLOEXEC and its like are enumerators that Swift sees with a type of their own; here as the int that the calls take.
enum { lab_epoll_cloexec = EPOLL_CLOEXEC, lab_eventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK, lab_signalfd_flags = SFD_CLOEXEC | SFD_NONBLOCK };

// prctl is variadic, which Swift does not import. Names the calling thread.
static inline void lab_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

// How many milliseconds ago a TCP socket received its last byte.
static inline int lab_last_received(int descriptor, uint32_t *milliseconds) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
    *milliseconds = info.tcpi_last_data_recv;
    return 0;
}
