// SPDX-License-Identifier: GPL-2.0-only
/* until 6.0, commit 9bdb4833dd39 */
#include <linux/blk-mq.h>

int xbf_test(const struct blk_mq_ops *ops, struct request *rq);
int xbf_test(const struct blk_mq_ops *ops, struct request *rq)
{
	return ops->timeout(rq, false);
}
