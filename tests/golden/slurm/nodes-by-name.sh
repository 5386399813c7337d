#!/bin/bash
#SBATCH --nodelist=n[01-04]
#SBATCH -x n03
#SBATCH --clusters=norte,sur
./here
