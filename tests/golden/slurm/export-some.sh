#!/bin/bash
#SBATCH --export=EDITOR,CASE=7
./case
