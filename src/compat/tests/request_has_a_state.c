// SPDX-License-Identifier: GPL-2.0-only
/* since 4.18, commit 12f5b9314545 */
#include <linux/blk-mq.h>

bool xbf_test(struct request *rq);
bool xbf_test(struct request *rq)
{
	return READ_ONCE(rq->state) == MQ_RQ_IN_FLIGHT;
}
