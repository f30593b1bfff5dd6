// What the event loop needs of Linux and Swift's Glibc module leaves out.
#pragma once
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

// EPOLL_CLOEXEC and its like are enumerators that Swift sees with a type of their own; here as the int that the calls take.
enum { lab_epoll_cloexec = EPOLL_CLOEXEC, lab_eventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK, lab_signalfd_flags = SFD_CLOEXEC | SFD_NONBLOCK };

// prctl is variadic, which Swift does not import. Names the calling thread.
static inline void lab_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

// What a TCP socket has received: how many bytes, and how many milliseconds ago the last one. The count stands behind the end
// of glibc's structure, as Linux has it since 4.1.
static inline int lab_received(int descriptor, uint64_t *bytes, uint32_t *milliseconds) {
    enum { bytes_received = 128 };
    union {
        struct tcp_info info;
        uint8_t raw[bytes_received + sizeof(uint64_t)];
    } answer;
    socklen_t size = sizeof answer;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &answer, &size) != 0 || size < sizeof answer.raw) return -1;
    memcpy(bytes, answer.raw + bytes_received, sizeof *bytes);
    *milliseconds = answer.info.tcpi_last_data_recv;
    return 0;
}
